using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Steps that bring a tenant's database to the state that the catalog has the tenant in: open or closed to connections, its own
/// roles with the limits of its plan. They go by the state as it is when they run, so the order in which operations run is no matter.
/// </summary>
public sealed class ApplyTenantState(
    WorkStore work,
    TenantCatalog tenants,
    DatabaseProviders providers,
    OperationLeases leases,
    TenantCredentials credentials,
    TenantDirectory directory,
    TenantDataSources dataSources)
{
    /// <returns>True: what is not done ends in an exception.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "access";
        TenantPlacement? tenant = await ApplyAccessAsync(operation.Tenant.Uid, cancellationToken);

        progress.Step = "limits";
        if (operation.Kind == OperationKinds.SetPlan && tenant is not null)
        {
            await credentials.ApplyLimitsAsync(tenant, cancellationToken);
            await ApplyTermsAsync(tenant, cancellationToken);
        }

        progress.Step = "documents";
        if (tenant?.State == TenantState.Active)
        {
            await WakeDocumentsAsync(tenant.Uid, cancellationToken);
        }

        directory.Forget(operation.Tenant.Uid);
        return await leases.FinishAsync(operation, "applied", cancellationToken);
    }

    /// <summary>Opens or closes the tenant's database. Another host may change the state meanwhile, so it looks again until it has not.</summary>
    /// <returns>The tenant as it then is; null when it is gone.</returns>
    internal async Task<TenantPlacement?> ApplyAccessAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        TenantPlacement? tenant = await tenants.FindPlacementAsync(tenantUid, cancellationToken);
        while (tenant is { Database: not null, State: TenantState.Active or TenantState.Suspended or TenantState.Deleting })
        {
            IDatabaseProvider provider = providers.Of(tenant.Provider);
            if (tenant.State == TenantState.Active)
            {
                await provider.OpenAccessAsync(tenant.Database, cancellationToken);
            }
            else
            {
                dataSources.Close(tenant.Uid);
                await provider.CloseAccessAsync(tenant.Database, tenant.Role!, cancellationToken);
            }

            TenantState applied = tenant.State;
            tenant = await tenants.FindPlacementAsync(tenantUid, cancellationToken);
            if (tenant?.State == applied)
            {
                break;
            }
        }

        return tenant;
    }

    private async Task ApplyTermsAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        if (tenant.Database is not null)
        {
            await providers.Of(tenant.Provider).ApplyTermsAsync(tenant.Database, new DatabaseTerms(tenant.Uid, tenant.Plan), cancellationToken);
        }
    }

    /// <summary>Documents that waited for the tenant, or for room in its plan, are due.</summary>
    private async Task WakeDocumentsAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents
                set state = case when state = 'failed' then 'queued' else state end, attempts = 0, next_attempt_at = now(), turn_at = null, busy_until = null,
                    failure_step = null, failure_reason = null
                where tenant_uid = $1
                    and ((state in ('queued', 'embedding') and next_attempt_at > now()) or (state = 'failed' and failure_step = 'quota'))
                """)
            .With(tenantUid);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
