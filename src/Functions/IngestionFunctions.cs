using Azure.Storage.Blobs;
using Freehold.Ingestion;
using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Functions;

/// <summary>What brings tenants' databases to what blob storage holds: storage events, wake-ups and a timer.</summary>
public sealed class IngestionFunctions(
    FindDocument findDocument,
    ChunkDocument chunkDocument,
    EmbedChunks embedChunks,
    ResumeDocuments resumeDocuments,
    CatalogPatience patience)
{
    /// <summary>A blob is new or has changed.</summary>
    [Function("DocumentChanged")]
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public async Task<string[]> ChangedAsync(
        [BlobTrigger(DocumentBlobs.Container + "/{name}", Connection = "Storage", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        CancellationToken cancellationToken) =>
        await LookAtAsync(token => findDocument.ByBlobAsync(blob.Name, token), cancellationToken);

    /// <summary>A blob was deleted.</summary>
    [Function("DocumentDeleted")]
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public async Task<string[]> DeletedAsync(
        [ServiceBusTrigger(Queues.BlobDeletions, Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        await LookAtAsync(token => findDocument.ByEventAsync(BlobDeleted.Parse(message), token), cancellationToken);

    /// <summary>A document is to be looked at.</summary>
    [Function("DocumentDue")]
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public async Task<string[]> DueAsync(
        [ServiceBusTrigger(Queues.Documents, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        DocumentChanged due = DocumentChanged.Parse(message);
        return await LookAtAsync(token => findDocument.ByUidAsync(due.TenantUid, due.Path, token), cancellationToken);
    }

    /// <summary>A staged document waits for embeddings.</summary>
    [Function("EmbeddingDue")]
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public async Task<string[]> EmbedAsync(
        [ServiceBusTrigger(Queues.Embeddings, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        EmbeddingDue due = EmbeddingDue.Parse(message);
        return await findDocument.ByUidAsync(due.TenantUid, due.Path, cancellationToken) is { } found
            && await embedChunks.RunAsync(found.Tenant, found.Path, cancellationToken)
                ? [message]
                : [];
    }

    /// <summary>Wakes documents that have been forgotten.</summary>
    [Function("ResumeDocuments")]
    public async Task<ForgottenDocumentMessages> ResumeAsync(
        [TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        new(await resumeDocuments.RunAsync(cancellationToken));

    private Task<string[]> LookAtAsync(Func<CancellationToken, Task<FoundDocument?>> find, CancellationToken cancellationToken) =>
        patience.RunAsync<string[]>(
            async token => await find(token) is { } found && await chunkDocument.RunAsync(found.Tenant, found.Path, token)
                ? [EmbeddingDue.For(found.Tenant.Uid, found.Path.Value)]
                : [],
            cancellationToken);
}

/// <summary>Wake-ups for forgotten documents.</summary>
public sealed class ForgottenDocumentMessages(ForgottenDocuments forgotten)
{
    /// <summary>To be read.</summary>
    [ServiceBusOutput(Queues.Documents, Connection = "ServiceBus")]
    public string[] Documents { get; } = [.. forgotten.Documents];

    /// <summary>To be embedded.</summary>
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public string[] Embeddings { get; } = [.. forgotten.Embeddings];
}
