using Freehold.Functions.Http;
using Freehold.Ingestion;
using Freehold.Messaging;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>Documents that have failed: who sees them, how they are tried again, and the messages that were delivered in vain.</summary>
public sealed class RetryFunctions(
    KeyCheck keys, RetryDocuments retryDocuments, FailedDocuments failedDocuments, BuryMessage buryMessage, CatalogPatience patience)
{
    /// <summary><c>POST /tenants/{tenant}/document-retries</c></summary>
    [Function("RetryDocuments")]
    public async Task<DocumentAnswer> RetryAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/document-retries")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken)
    {
        WakeUps wakeUps = WakeUps.None;
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Write, cancellationToken);
            DocumentRetry asked = await request.JsonAsync(ApiJson.Readable.DocumentRetry, cancellationToken);
            (int count, wakeUps) = await retryDocuments.RunAsync(placement, asked, cancellationToken);
            return new JsonAnswer<RetriedView>(StatusCodes.Status202Accepted, new RetriedView(count), ApiJson.Readable.RetriedView);
        });
        return new DocumentAnswer(answer, wakeUps);
    }

    /// <summary><c>GET /fleet/failed-documents?tenant&amp;step&amp;cursor&amp;limit</c></summary>
    [Function("ListFailedDocuments")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "fleet/failed-documents")] HttpRequest request,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            int limit = request.Limit();
            FailedDocumentQuery query = new(
                request.Tenant(), request.Text("step"), FailedDocumentPlace.Parse(request.Cursor()), limit);
            IReadOnlyList<FailedDocument> page = await failedDocuments.ListAsync(query, cancellationToken);
            FailedDocumentList list = new(page, Input.CursorAfter(page, limit, document => document.Cursor));
            return new JsonAnswer<FailedDocumentList>(StatusCodes.Status200OK, list, ApiJson.Readable.FailedDocumentList);
        });

    /// <summary>A wake-up for a document was delivered in vain.</summary>
    [Function("DocumentMessageDead")]
    public Task<DocumentMessages> BuryDocumentAsync(
        [ServiceBusTrigger(Queues.DeadDocuments, Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        BuryAsync(Queues.DeadDocuments, message, cancellationToken);

    /// <summary>A wake-up for embeddings was delivered in vain.</summary>
    [Function("EmbeddingMessageDead")]
    public Task<DocumentMessages> BuryEmbeddingAsync(
        [ServiceBusTrigger(Queues.DeadEmbeddings, Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        BuryAsync(Queues.DeadEmbeddings, message, cancellationToken);

    /// <summary>A deletion was delivered in vain.</summary>
    [Function("DeletionMessageDead")]
    public Task<DocumentMessages> BuryDeletionAsync(
        [ServiceBusTrigger(Queues.DeadBlobDeletions, Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        BuryAsync(Queues.DeadBlobDeletions, message, cancellationToken);

    private async Task<DocumentMessages> BuryAsync(string queue, string message, CancellationToken cancellationToken) =>
        new(await patience.RunAsync(token => buryMessage.RunAsync(queue, message, token), cancellationToken));
}
