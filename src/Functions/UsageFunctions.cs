using Freehold.Functions.Http;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's call about what tenants use.</summary>
public sealed class UsageFunctions(KeyCheck keys, ReadUsage readUsage)
{
    /// <summary><c>GET /tenants/{tenant}/usage?from&amp;to</c></summary>
    [Function("GetUsage")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/usage")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            UsageReport report = await readUsage.RunAsync(TenantId.Parse(tenant), request.Day("from"), request.Day("to"), cancellationToken);
            return new JsonAnswer<UsageReport>(StatusCodes.Status200OK, report, ApiJson.Readable.UsageReport);
        });
}
