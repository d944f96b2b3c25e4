using Freehold.Functions.Http;
using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's calls about tenants.</summary>
public sealed class TenantFunctions(
    KeyCheck keys, TenantCatalog tenants, CreateTenant createTenant, DeleteTenant deleteTenant, OperationStore operations)
{
    private const int LongestWaitSeconds = 60;

    /// <summary><c>POST /tenants?wait=SECONDS</c></summary>
    [Function("CreateTenant")]
    public async Task<OperationAnswer> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants")] HttpRequest request, CancellationToken cancellationToken)
    {
        string[] messages = [];
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            NewTenant tenant = await request.JsonAsync(ApiJson.Readable.NewTenant, cancellationToken);
            TimeSpan wait = TimeSpan.FromSeconds(request.Number("wait", 0, LongestWaitSeconds) ?? 0);
            CreatedTenant created = await createTenant.RunAsync(tenant, request.IdempotencyKey(), wait, cancellationToken);
            if (created.Active && wait > TimeSpan.Zero)
            {
                return await CreatedAsync(created.Tenant, cancellationToken);
            }

            messages = created.Active ? [] : [OperationDue.For(created.Operation)];
            return await AcceptedAsync(created.Operation, cancellationToken);
        });
        return new OperationAnswer(answer, messages);
    }

    /// <summary><c>GET /tenants?state&amp;region&amp;cursor&amp;limit</c></summary>
    [Function("ListTenants")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants")] HttpRequest request, CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            int limit = request.Limit();
            IReadOnlyList<Tenant> page = await tenants.ListAsync(
                State(request.Query["state"]), NullIfEmpty(request.Query["region"]), request.Cursor(), limit, cancellationToken);
            TenantList list = new([.. page.Select(TenantView.Of)], Input.CursorAfter(page, limit, tenant => tenant.Id.Value));
            return new JsonAnswer<TenantList>(StatusCodes.Status200OK, list, ApiJson.Readable.TenantList);
        });

    /// <summary><c>GET /tenants/{tenant}</c></summary>
    [Function("GetTenant")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            Tenant found = await tenants.FindAsync(TenantId.Parse(tenant), cancellationToken) ?? throw new TenantNotFoundException();
            return new JsonAnswer<TenantView>(StatusCodes.Status200OK, TenantView.Of(found), ApiJson.Readable.TenantView);
        });

    /// <summary><c>DELETE /tenants/{tenant}?purge=true</c> with the header <c>X-Confirm-Tenant: {tenant}</c></summary>
    [Function("DeleteTenant")]
    public async Task<OperationAnswer> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "tenants/{tenant}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken)
    {
        string[] messages = [];
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            TenantId id = TenantId.Parse(tenant);
            RequireConfirmation(request, id);
            Guid operation = await deleteTenant.RunAsync(id, request.IdempotencyKey(), cancellationToken);
            messages = [OperationDue.For(operation)];
            return await AcceptedAsync(operation, cancellationToken);
        });
        return new OperationAnswer(answer, messages);
    }

    private static void RequireConfirmation(HttpRequest request, TenantId id)
    {
        if (request.Query["purge"] != "true")
        {
            throw new InvalidInputException("purge-required", "A tenant is deleted for good: say so with '?purge=true'.");
        }

        if (request.Headers["X-Confirm-Tenant"] != id.Value)
        {
            throw new InvalidInputException("confirmation-required", "Name the tenant that is to be erased in the header 'X-Confirm-Tenant'.");
        }
    }

    private async Task<IActionResult> CreatedAsync(TenantId id, CancellationToken cancellationToken)
    {
        Tenant tenant = await tenants.FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
        return new JsonAnswer<TenantView>(StatusCodes.Status201Created, TenantView.Of(tenant), ApiJson.Readable.TenantView)
        {
            Location = $"/api/tenants/{id}",
        };
    }

    private async Task<IActionResult> AcceptedAsync(Guid id, CancellationToken cancellationToken)
    {
        Operation operation = await operations.FindAsync(id, cancellationToken) ?? throw new OperationNotFoundException();
        return new JsonAnswer<Operation>(StatusCodes.Status202Accepted, operation, ApiJson.Readable.Operation)
        {
            Location = $"/api/operations/{id}",
        };
    }

    private static TenantState? State(string? text) => NullIfEmpty(text) is { } name
        ? TenantStates.TryParse(name) ?? throw new InvalidInputException("unknown-state", "That is not a state of tenants.")
        : null;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
