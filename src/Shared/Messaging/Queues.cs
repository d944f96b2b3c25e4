namespace Freehold.Messaging;

/// <summary>Names and delivery rules of the queues: Service Bus queues in Azure, storage queues of the same name on one machine.</summary>
public static class Queues
{
    /// <summary>Inbound: full commands of the owner's automation.</summary>
    public const string TenantCommands = "tenant-commands";

    /// <summary>Outbound: what became of commands that asked for a reply.</summary>
    public const string TenantReplies = "tenant-replies";

    /// <summary>Inbound: <c>Microsoft.Storage.BlobDeleted</c> events of the documents container.</summary>
    public const string BlobDeletions = "blob-deletions";

    /// <summary>Wake-ups: an operation is due.</summary>
    public const string Operations = "operations";

    /// <summary>Wake-ups: one document path has changed.</summary>
    public const string Documents = "documents";

    /// <summary>Wake-ups: one document has chunks that wait for their embeddings.</summary>
    public const string Embeddings = "embeddings";

    /// <summary>Deletions that could not be handled.</summary>
    public const string DeadBlobDeletions = BlobDeletions + DeadLetters;

    /// <summary>Wake-ups of documents that could not be handled.</summary>
    public const string DeadDocuments = Documents + DeadLetters;

    /// <summary>Wake-ups for embeddings that could not be handled.</summary>
    public const string DeadEmbeddings = Embeddings + DeadLetters;

    private const string DeadLetters = "/$DeadLetterQueue";

    /// <summary>How often a message is delivered before it goes to the dead-letter queue.</summary>
    public const int MaxDeliveryCount = 5;

    /// <summary>Every queue there is, for hosts and infrastructure to make.</summary>
    public static IReadOnlyList<string> All { get; } = [TenantCommands, TenantReplies, BlobDeletions, Operations, Documents, Embeddings];
}
