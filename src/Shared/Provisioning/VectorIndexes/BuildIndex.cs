using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.VectorIndexes;

/// <summary>Steps that give a tenant's vectors an index, find how much of it searches look at, and write that down.</summary>
public sealed class BuildIndex(
    CatalogDatabase catalog, TenantCatalog tenants, TenantDataSources dataSources, OperationLeases leases, VectorIndex index, IndexView view)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <returns>Whether it is done; false when it goes on later, or was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "prepare";
        TenantPlacement tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        if (tenant.State != TenantState.Active)
        {
            // When it is again, the index is asked for anew.
            return await leases.FinishAsync(operation, "not-active", cancellationToken);
        }

        if (dataSources.IsBehind(tenant))
        {
            await leases.AwaitAsync(operation, progress.Step, "The tenant's database is being upgraded.", Pause, cancellationToken);
            return false;
        }

        progress.Step = "index";
        if (!await index.BuildAsync(tenant, VectorIndex.Searched, cancellationToken))
        {
            await leases.AwaitAsync(operation, progress.Step, "The index is being built.", Pause, cancellationToken);
            return false;
        }

        progress.Step = "measure";
        int inView = await view.ChooseAsync(tenant, cancellationToken);

        progress.Step = "catalog";
        return await FinishAsync(operation, inView, cancellationToken);
    }

    private async Task<bool> FinishAsync(LeasedOperation operation, int inView, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'built', lease = null, next_attempt_at = null, failure = null, finished_at = now(),
                        details = details || jsonb_build_object('efSearch', $3)
                    where id = $1 and lease = $2
                    returning tenant_uid)
                insert into catalog.vector_indexes (tenant_uid, built_at, ef_search)
                select tenant_uid, now(), $3 from finished
                on conflict (tenant_uid) do update set built_at = now(), ef_search = $3, recall = null, samples = 0, measured_at = null
                """)
            .With(operation.Id).With(operation.Lease).With(inView);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
