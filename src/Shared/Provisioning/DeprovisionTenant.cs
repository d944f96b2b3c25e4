using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Steps that erase a tenant: blobs, database and role, then what the catalog and the work store hold of it.</summary>
public sealed class DeprovisionTenant(
    CatalogDatabase catalog, PostgresProvider provider, TenantBlobs blobs, TenantDirectory directory, TenantDataSources dataSources)
{
    /// <returns>True: what is not erased ends in an exception.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "blobs";
        await blobs.DeleteAllAsync(TenantId.Parse(operation.TenantId), cancellationToken);

        progress.Step = "database";
        dataSources.Close(operation.TenantUid);
        if (operation is { Database: not null, Role: not null })
        {
            await provider.RemoveAsync(operation.Database, operation.Role, cancellationToken);
        }

        progress.Step = "catalog";
        await ForgetAsync(operation, cancellationToken);
        directory.Forget(operation.TenantUid, TenantId.Parse(operation.TenantId));
        return true;
    }

    private async Task ForgetAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add("delete from work.documents where tenant_uid = $1").With(operation.TenantUid);
        batch.Add("delete from catalog.api_keys where tenant_uid = $1").With(operation.TenantUid);
        batch.Add(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'erased', lease = null, next_attempt_at = null, failure = null, finished_at = now()
                    where id = $1 and lease = $2
                    returning tenant_uid)
                update catalog.tenants t
                set state = 'deleted', deleted_at = now(), encrypted_password = null, database_name = null, role_name = null
                from finished f where t.uid = f.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
