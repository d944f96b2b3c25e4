using Freehold.Functions.Http;
using Freehold.Ingestion;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>A tenant's uploads straight to storage.</summary>
public sealed class UploadFunctions(KeyCheck keys, OfferUpload offerUpload)
{
    /// <summary><c>POST /tenants/{tenant}/uploads</c></summary>
    [Function("OfferUpload")]
    public Task<IActionResult> OfferAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/uploads")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Write, cancellationToken);
            NewUpload upload = await request.JsonAsync(ApiJson.Readable.NewUpload, cancellationToken);
            OfferedUpload offered = await offerUpload.RunAsync(placement, upload, cancellationToken);
            return new JsonAnswer<OfferedUpload>(StatusCodes.Status201Created, offered, ApiJson.Readable.OfferedUpload);
        });
}
