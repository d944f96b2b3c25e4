using System.Globalization;
using Freehold.Functions.Http;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's view of who had what done.</summary>
public sealed class AuditFunctions(KeyCheck keys, AuditLog audit)
{
    /// <summary><c>GET /audit?tenant&amp;from&amp;to&amp;cursor&amp;limit</c>, newest first</summary>
    [Function("ListAudit")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "audit")] HttpRequest request, CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            int limit = request.Limit();
            AuditQuery query = new(request.Tenant(), request.Moment("from"), request.Moment("to"), request.CursorNumber(), limit);
            IReadOnlyList<AuditEntry> page = await audit.ListAsync(query, cancellationToken);
            AuditList list = new(page, Input.CursorAfter(page, limit, entry => entry.Id.ToString(CultureInfo.InvariantCulture)));
            return new JsonAnswer<AuditList>(StatusCodes.Status200OK, list, ApiJson.Readable.AuditList);
        });
}
