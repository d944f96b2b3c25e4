using Freehold.Functions.Http;
using Freehold.Ingestion;
using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Freehold.Functions;

/// <summary>A tenant's calls about its documents.</summary>
public sealed class DocumentFunctions(
    KeyCheck keys,
    Manifest manifest,
    SummarizeDocuments summarizeDocuments,
    UploadDocument uploadDocument,
    DeleteDocument deleteDocument,
    ReadText readText,
    IOptions<IngestionOptions> options)
{
    /// <summary><c>PUT /tenants/{tenant}/documents/{path}</c></summary>
    [Function("PutDocument")]
    public async Task<DocumentAnswer> PutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "tenants/{tenant}/documents/{*path}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken)
    {
        WakeUps wakeUps = WakeUps.None;
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Write, cancellationToken);
            DocumentPath path = RequestPath.Document(request);
            request.LimitBody(options.Value.MaxUploadBytes + 1);
            (DocumentStatus document, wakeUps) = await uploadDocument.RunAsync(
                placement, path, request.Body, request.UploadTerms(), cancellationToken);
            return new JsonAnswer<DocumentStatus>(StatusCodes.Status202Accepted, document, ApiJson.Readable.DocumentStatus)
            {
                Location = request.Path.ToUriComponent(),
                ETag = $"\"{document.ETag}\"",
            };
        });
        return new DocumentAnswer(answer, wakeUps);
    }

    /// <summary><c>GET /tenants/{tenant}/documents?cursor&amp;limit&amp;prefix&amp;state</c>, or <c>?summary=true</c></summary>
    [Function("ListDocuments")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/documents")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Read, cancellationToken);
            if (request.Flag("summary"))
            {
                DocumentSummary summary = await summarizeDocuments.RunAsync(placement.Uid, cancellationToken);
                return new JsonAnswer<DocumentSummary>(StatusCodes.Status200OK, summary, ApiJson.Readable.DocumentSummary);
            }

            int limit = request.Limit();
            string? prefix = request.Query["prefix"];
            IReadOnlyList<DocumentStatus> page = await manifest.ListAsync(
                placement.Uid, prefix, request.Cursor(), limit, cancellationToken, request.Text("state"));
            DocumentList list = new(page, Input.CursorAfter(page, limit, document => document.Path));
            return new JsonAnswer<DocumentList>(StatusCodes.Status200OK, list, ApiJson.Readable.DocumentList);
        });

    /// <summary><c>GET /tenants/{tenant}/documents/{path}</c>: how it stands; with <c>?content=text</c> its extracted text.</summary>
    [Function("GetDocument")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/documents/{*path}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Read, cancellationToken);
            DocumentPath path = RequestPath.Document(request);
            if (WantsText(request))
            {
                DocumentText text = await readText.RunAsync(placement, path, cancellationToken);
                return new TextAnswer(text.ETag, text.Pieces);
            }

            DocumentStatus document = await manifest.FindAsync(placement.Uid, path, cancellationToken)
                ?? throw new DocumentNotFoundException();
            return new JsonAnswer<DocumentStatus>(StatusCodes.Status200OK, document, ApiJson.Readable.DocumentStatus) { ETag = $"\"{document.ETag}\"" };
        });

    /// <summary><c>DELETE /tenants/{tenant}/documents/{path}</c></summary>
    [Function("DeleteDocument")]
    public async Task<DocumentAnswer> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "tenants/{tenant}/documents/{*path}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken)
    {
        WakeUps wakeUps = WakeUps.None;
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Write, cancellationToken);
            wakeUps = await deleteDocument.RunAsync(placement, RequestPath.Document(request), request.Condition(), cancellationToken);
            return new EmptyAnswer(StatusCodes.Status202Accepted);
        });
        return new DocumentAnswer(answer, wakeUps);
    }

    private static bool WantsText(HttpRequest request) => request.Text("content") switch
    {
        null => false,
        "text" => true,
        _ => throw new InvalidInputException("invalid-content", "'content' is text, or left out for the document's state."),
    };
}
