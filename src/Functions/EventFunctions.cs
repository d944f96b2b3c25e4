using Freehold.Functions.Http;
using Freehold.Ingestion;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Hosting;

namespace Freehold.Functions;

/// <summary>What becomes of a tenant's documents, told as it happens.</summary>
public sealed class EventFunctions(KeyCheck keys, FollowDocuments followDocuments, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary><c>GET /tenants/{tenant}/document-events</c></summary>
    [Function("FollowDocuments")]
    public Task<IActionResult> FollowAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/document-events")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            string? authorization = request.Authorization();
            TenantPlacement placement = await keys.RequireTenantAsync(authorization, tenant, Scopes.Read, cancellationToken);
            long? after = request.LastEventId();
            return new EventStream(
                followDocuments,
                placement.Uid,
                after,
                followDocuments.Enter(placement.Uid),
                token => keys.RequireTenantAsync(authorization, tenant, Scopes.Read, token),
                time,
                lifetime.ApplicationStopping);
        });
}
