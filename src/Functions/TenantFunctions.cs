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
            Caller caller = Caller.Admin(request.IdempotencyKey());
            CreatedTenant created = await createTenant.RunAsync(tenant, caller, request.Wait(), cancellationToken);
            if (created.Active && request.Wait() > TimeSpan.Zero)
            {
                // One that was made by an earlier call of the same key may be gone by now; then its operation tells.
                return await tenants.FindAsync(created.Tenant, cancellationToken) is { } made
                    ? Created(made)
                    : await operations.AnswerAsync(created.Operation, cancellationToken);
            }

            messages = created.Active ? [] : [OperationDue.For(created.Operation)];
            return await operations.AnswerAsync(created.Operation, cancellationToken, StatusCodes.Status202Accepted);
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
                State(request.Text("state")), request.Text("region"), request.Cursor(), limit, cancellationToken);
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

    /// <summary><c>DELETE /tenants/{tenant}</c>; with <c>?purge=true</c> and the header <c>X-Confirm-Tenant: {tenant}</c> without a grace period.</summary>
    [Function("DeleteTenant")]
    public Task<OperationAnswer> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "tenants/{tenant}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        OperationCalls.StartAsync(
            request,
            keys,
            operations,
            caller =>
            {
                TenantId id = TenantId.Parse(tenant);
                return deleteTenant.RunAsync(id, Purge(request, id), caller, request.Wait(), cancellationToken);
            },
            cancellationToken);

    private static bool Purge(HttpRequest request, TenantId id)
    {
        bool purge = request.Flag("purge");
        return purge && request.Headers["X-Confirm-Tenant"] != id.Value
            ? throw new InvalidInputException("confirmation-required", "Name the tenant that is to be erased in the header 'X-Confirm-Tenant'.")
            : purge;
    }

    private static JsonAnswer<TenantView> Created(Tenant tenant) =>
        new(StatusCodes.Status201Created, TenantView.Of(tenant), ApiJson.Readable.TenantView) { Location = $"/api/tenants/{tenant.Id}" };

    private static TenantState? State(string? name) => name is null
        ? null
        : TenantStates.TryParse(name) ?? throw new InvalidInputException("unknown-state", "That is not a state of tenants.");
}
