using System.Text.Json;
using System.Text.Json.Serialization;

namespace Freehold.Messaging;

/// <summary>Wake-up: an operation is due. Idempotent by the operation's id: one that is not due, or is done, is left alone.</summary>
public sealed record OperationDue(int Version, Guid Operation)
{
    /// <summary>As it stands in the queue.</summary>
    public static string For(Guid operation) => JsonSerializer.Serialize(new OperationDue(1, operation), MessageJson.Default.OperationDue);

    /// <summary>From the queue.</summary>
    public static OperationDue Parse(string message) => MessageJson.Parse(message, MessageJson.Default.OperationDue);
}

/// <summary>Wake-up: look at one path. Idempotent by the blob's ETag: a version that has been taken in is left alone.</summary>
public sealed record DocumentChanged(int Version, Guid TenantUid, string Path)
{
    /// <summary>As it stands in the queue.</summary>
    public static string For(Guid tenantUid, string path) =>
        JsonSerializer.Serialize(new DocumentChanged(1, tenantUid, path), MessageJson.Default.DocumentChanged);

    /// <summary>From the queue.</summary>
    public static DocumentChanged Parse(string message) => MessageJson.Parse(message, MessageJson.Default.DocumentChanged);
}

/// <summary>Wake-up: a staged document has chunks without embeddings. Idempotent by the document's claim.</summary>
public sealed record EmbeddingDue(int Version, Guid TenantUid, string Path)
{
    /// <summary>As it stands in the queue.</summary>
    public static string For(Guid tenantUid, string path) =>
        JsonSerializer.Serialize(new EmbeddingDue(1, tenantUid, path), MessageJson.Default.EmbeddingDue);

    /// <summary>From the queue.</summary>
    public static EmbeddingDue Parse(string message) => MessageJson.Parse(message, MessageJson.Default.EmbeddingDue);
}

/// <summary>Event Grid's notice of a deleted blob, as far as it is used (https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage).</summary>
public sealed record BlobDeleted(string? EventType, string? Subject)
{
    /// <summary>From the queue.</summary>
    public static BlobDeleted Parse(string message) => MessageJson.Parse(message, MessageJson.Default.BlobDeleted);
}

/// <summary>A message that is not what its queue is for. It is redelivered in vain and ends in the dead-letter queue.</summary>
public sealed class MalformedMessageException(string message, Exception? innerException = null) : Exception(message, innerException);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OperationDue))]
[JsonSerializable(typeof(DocumentChanged))]
[JsonSerializable(typeof(EmbeddingDue))]
[JsonSerializable(typeof(TenantCommand))]
[JsonSerializable(typeof(TenantReply))]
[JsonSerializable(typeof(BlobDeleted))]
internal sealed partial class MessageJson : JsonSerializerContext
{
    public static T Parse<T>(string message, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(message, type) ?? throw new MalformedMessageException("The message is null.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter is what the serializer makes of half a surrogate pair.
            throw new MalformedMessageException($"The message is not a {typeof(T).Name} in JSON.", exception);
        }
    }
}
