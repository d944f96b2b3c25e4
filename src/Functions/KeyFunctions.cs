using Freehold.Functions.Http;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's calls about tenants' keys.</summary>
public sealed class KeyFunctions(KeyCheck keys, ApiKeys apiKeys)
{
    /// <summary><c>POST /tenants/{tenant}/keys</c></summary>
    [Function("CreateKey")]
    public Task<IActionResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/keys")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            NewKey asked = await request.JsonAsync(ApiJson.Readable.NewKey, cancellationToken);
            ApiKey key = await apiKeys.CreateAsync(TenantId.Parse(tenant), asked.Name, asked.Scopes, asked.ExpiresAt, cancellationToken);
            return new JsonAnswer<ApiKey>(StatusCodes.Status201Created, key, ApiJson.Readable.ApiKey);
        });

    /// <summary><c>GET /tenants/{tenant}/keys</c></summary>
    [Function("ListKeys")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/keys")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            KeyList list = new(await apiKeys.ListAsync(TenantId.Parse(tenant), cancellationToken));
            return new JsonAnswer<KeyList>(StatusCodes.Status200OK, list, ApiJson.Readable.KeyList);
        });

    /// <summary><c>DELETE /tenants/{tenant}/keys/{key}</c></summary>
    [Function("RevokeKey")]
    public Task<IActionResult> RevokeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "tenants/{tenant}/keys/{key}")] HttpRequest request,
        string tenant,
        string key,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            Guid id = Input.Id(key, () => new KeyNotFoundRefusalException());
            await apiKeys.RevokeAsync(TenantId.Parse(tenant), id, cancellationToken);
            return new EmptyAnswer(StatusCodes.Status204NoContent);
        });
}
