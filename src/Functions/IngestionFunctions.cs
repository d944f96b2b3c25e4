using Azure.Storage.Blobs;
using Freehold.Functions.Http;
using Freehold.Ingestion;
using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Functions;

/// <summary>
/// What brings tenants' databases to what blob storage holds. Storage events only note what is to be done; the work is done in turns,
/// and who ends a turn wakes the tenant's next document.
/// </summary>
public sealed class IngestionFunctions(
    FindDocument findDocument,
    NoteDocument noteDocument,
    ChunkDocument chunkDocument,
    EmbedChunks embedChunks,
    EndTurn endTurn,
    ResumeDocuments resumeDocuments,
    SweepDocuments sweepDocuments,
    CatalogPatience patience)
{
    /// <summary>A blob is new or has changed.</summary>
    [Function("DocumentChanged")]
    public Task<DocumentMessages> ChangedAsync(
        [BlobTrigger(DocumentBlobs.Container + "/{name}", Connection = "Storage", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        CancellationToken cancellationToken) =>
        NoteAsync(token => findDocument.ByBlobAsync(blob.Name, token), cancellationToken);

    /// <summary>A blob was deleted.</summary>
    [Function("DocumentDeleted")]
    public Task<DocumentMessages> DeletedAsync(
        [ServiceBusTrigger(Queues.BlobDeletions, Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        NoteAsync(token => findDocument.ByEventAsync(BlobDeleted.Parse(message), token), cancellationToken);

    /// <summary>It is a document's turn to be looked at.</summary>
    [Function("DocumentDue")]
    public Task<DocumentMessages> DueAsync(
        [ServiceBusTrigger(Queues.Documents, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        DocumentChanged due = DocumentChanged.Parse(message);
        return TakeTurnAsync(
            due.TenantUid, due.Path, (found, token) => chunkDocument.RunAsync(found.Tenant, found.Path, token), cancellationToken);
    }

    /// <summary>A staged document waits for embeddings.</summary>
    [Function("EmbeddingDue")]
    public Task<DocumentMessages> EmbedAsync(
        [ServiceBusTrigger(Queues.Embeddings, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        EmbeddingDue due = EmbeddingDue.Parse(message);
        return TakeTurnAsync(
            due.TenantUid, due.Path, (found, token) => embedChunks.RunAsync(found.Tenant, found.Path, token), cancellationToken);
    }

    /// <summary>Wakes documents that have been forgotten.</summary>
    [Function("ResumeDocuments")]
    public async Task<DocumentMessages> ResumeAsync(
        [TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        new(await resumeDocuments.RunAsync(cancellationToken));

    /// <summary>Notes what no event has told. Those that it notes are woken by the other timer.</summary>
    [Function("SweepDocuments")]
    public Task SweepAsync([TimerTrigger("20 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        sweepDocuments.RunAsync(cancellationToken);

    private async Task<DocumentMessages> NoteAsync(
        Func<CancellationToken, Task<FoundDocument?>> find, CancellationToken cancellationToken) =>
        new(await patience.RunAsync(
            async token => await find(token) is { } found ? await noteDocument.RunAsync(found, token) : WakeUps.None, cancellationToken));

    private async Task<DocumentMessages> TakeTurnAsync(
        Guid tenantUid, string path, Func<FoundDocument, CancellationToken, Task<bool>> work, CancellationToken cancellationToken) =>
        new(await patience.RunAsync(
            async token => await findDocument.ByUidAsync(tenantUid, path, token) is { } found
                ? await endTurn.RunAsync(found, await work(found, token), token)
                : WakeUps.None,
            cancellationToken));
}
