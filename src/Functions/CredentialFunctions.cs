using Freehold.Functions.Http;
using Freehold.Provisioning;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's calls about tenants' own way into their databases.</summary>
public sealed class CredentialFunctions(KeyCheck keys, TenantCredentials credentials)
{
    /// <summary><c>POST /tenants/{tenant}/credentials</c>: a Postgres URI, shown once; the one before stays good for a while</summary>
    [Function("IssueCredentials")]
    public Task<IActionResult> IssueAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/credentials")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            TenantCredential credential = await credentials.IssueAsync(TenantId.Parse(tenant), cancellationToken);
            return new JsonAnswer<TenantCredential>(StatusCodes.Status201Created, credential, ApiJson.Readable.TenantCredential);
        });

    /// <summary><c>GET /tenants/{tenant}/credentials</c></summary>
    [Function("ListCredentials")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/credentials")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            CredentialList list = new(await credentials.ListAsync(TenantId.Parse(tenant), cancellationToken));
            return new JsonAnswer<CredentialList>(StatusCodes.Status200OK, list, ApiJson.Readable.CredentialList);
        });

    /// <summary><c>DELETE /tenants/{tenant}/credentials</c>: none of them opens the database any more</summary>
    [Function("RevokeCredentials")]
    public Task<IActionResult> RevokeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "tenants/{tenant}/credentials")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            await credentials.RevokeAsync(TenantId.Parse(tenant), cancellationToken);
            return new EmptyAnswer(StatusCodes.Status204NoContent);
        });
}
