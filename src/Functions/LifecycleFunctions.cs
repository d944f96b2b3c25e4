using Freehold.Functions.Http;
using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's calls that change a tenant. Each answers with its operation: 202, or 200 when <c>?wait=SECONDS</c> saw it done.</summary>
public sealed class LifecycleFunctions(
    KeyCheck keys, TenantCatalog tenants, ChangeTenant changeTenant, OperationStore operations, Plans plans, DatabaseProviders providers, Regions regions)
{
    /// <summary><c>POST /tenants/{tenant}/suspend</c></summary>
    [Function("SuspendTenant")]
    public Task<OperationAnswer> SuspendAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/suspend")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        ChangeAsync(request, tenant, TenantChange.Suspend, cancellationToken);

    /// <summary><c>POST /tenants/{tenant}/resume</c></summary>
    [Function("ResumeTenant")]
    public Task<OperationAnswer> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/resume")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        ChangeAsync(request, tenant, TenantChange.Resume, cancellationToken);

    /// <summary><c>POST /tenants/{tenant}/undelete</c></summary>
    [Function("UndeleteTenant")]
    public Task<OperationAnswer> UndeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/undelete")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        ChangeAsync(request, tenant, TenantChange.Undelete, cancellationToken);

    /// <summary><c>POST /tenants/{tenant}/rotate-credentials</c>: the service's own role in the tenant's database</summary>
    [Function("RotateCredentials")]
    public Task<OperationAnswer> RotateCredentialsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/rotate-credentials")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        ChangeAsync(request, tenant, TenantChange.RotateCredentials, cancellationToken);

    /// <summary>
    /// <c>POST /tenants/{tenant}/move</c> with <c>provider</c>, <c>region</c> or both: it goes there; to where it is, an unfinished move is called off
    /// </summary>
    [Function("MoveTenant")]
    public Task<OperationAnswer> MoveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/move")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) => OperationCalls.StartAsync(
        request,
        keys,
        operations,
        async caller =>
        {
            TenantMove move = await request.JsonAsync(ApiJson.Readable.TenantMove, cancellationToken);
            TenantChange change = move.Region is null || move.Region == regions.Here
                ? TenantChange.MoveTo(
                    move is { Provider: null, Region: null }
                        ? throw new InvalidInputException("provider-required", "Give 'provider', 'region' or both: where the tenant is to be.")
                        : move.Provider is null ? null : providers.Require(move.Provider))
                : TenantChange.MoveTo(move.Provider, regions.Choose(move.Region));
            return await changeTenant.RunAsync(TenantId.Parse(tenant), change, caller, request.Wait(), cancellationToken);
        },
        cancellationToken);

    /// <summary><c>PATCH /tenants/{tenant}</c> with <c>displayName</c>, <c>plan</c> or both; answers with the tenant</summary>
    [Function("PatchTenant")]
    public async Task<OperationAnswer> PatchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "tenants/{tenant}")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken)
    {
        string[] messages = [];
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            TenantId id = TenantId.Parse(tenant);
            TenantPatch patch = await request.JsonAsync(ApiJson.Readable.TenantPatch, cancellationToken);
            TenantChange? plan = patch.Plan is null ? null : TenantChange.SetPlan(plans.Require(patch.Plan));
            TimeSpan wait = request.Wait();
            DisplayName.Check(patch.DisplayName);
            if (plan is not null)
            {
                StartedOperation started = await changeTenant.RunAsync(
                    id, plan, Caller.Admin(request.IdempotencyKey()), wait, cancellationToken);
                messages = started.Done ? [] : [OperationDue.For(started.Id)];
            }

            if (patch.DisplayName is not null)
            {
                await tenants.RenameAsync(id, patch.DisplayName, Caller.Admin(), cancellationToken);
            }

            Tenant changed = await tenants.FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
            return new JsonAnswer<TenantView>(StatusCodes.Status200OK, TenantView.Of(changed), ApiJson.Readable.TenantView);
        });
        return new OperationAnswer(answer, messages);
    }

    private Task<OperationAnswer> ChangeAsync(
        HttpRequest request, string tenant, TenantChange change, CancellationToken cancellationToken) => OperationCalls.StartAsync(
        request,
        keys,
        operations,
        caller => changeTenant.RunAsync(TenantId.Parse(tenant), change, caller, request.Wait(), cancellationToken),
        cancellationToken);
}
