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
    // Nothing but the next period, or another plan, lets a database be entered whose quota is used up.
    private static readonly TimeSpan QuotaPause = TimeSpan.FromMinutes(5);

    /// <returns>False when the operation was overtaken, or waits until the database can be entered.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "access";
        TenantPlacement? tenant = await ApplyAccessAsync(operation.Tenant.Uid, cancellationToken);

        if (operation.Kind == OperationKinds.SetPlan)
        {
            // Before the database is entered: it may be stopped for a quota that the plan lifts.
            progress.Step = "terms";
            await ApplyTermsAsync(operation.Tenant.Uid, applied: null, cancellationToken);
        }

        progress.Step = "limits";
        if (tenant?.State == TenantState.Active && !await ApplyToRolesAsync(tenant, cancellationToken))
        {
            await leases.AwaitAsync(operation, progress.Step, "The quota of the tenant's database is used up.", QuotaPause, cancellationToken);
            return false;
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

    /// <summary>Gives the tenant's database what its plan says of it. The plan may change meanwhile, so it looks again until it has not.</summary>
    /// <param name="tenantUid">The tenant.</param>
    /// <param name="applied">The plan whose terms the database has; null where that is not known.</param>
    /// <param name="cancellationToken">Stops.</param>
    internal async Task ApplyTermsAsync(Guid tenantUid, string? applied, CancellationToken cancellationToken)
    {
        while (await tenants.FindPlacementAsync(tenantUid, cancellationToken) is { Database: { } database } tenant && tenant.Plan != applied)
        {
            await providers.Of(tenant.Provider).ApplyTermsAsync(database, new DatabaseTerms(tenant.Uid, tenant.Plan), cancellationToken);
            applied = tenant.Plan;
        }
    }

    /// <summary>
    /// Drops those of the tenant's own roles that are revoked, and gives the others the limits of its plan. Of a tenant that is not active that is done when
    /// it is resumed: where roles are in the database, nobody gets in before.
    /// </summary>
    /// <returns>False when the provider has stopped the database for its quota.</returns>
    private async Task<bool> ApplyToRolesAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        try
        {
            await credentials.DropRevokedAsync(tenant, cancellationToken);
            await credentials.ApplyLimitsAsync(tenant, cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (TenantRoutes.IsOverQuota(exception))
        {
            return false;
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
