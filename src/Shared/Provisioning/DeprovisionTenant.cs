using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Moves;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Steps that close a deleted tenant's database, wait for its grace period to end, and then erase it: blobs, database and roles,
/// then what the catalog and the work store hold of it.
/// </summary>
public sealed class DeprovisionTenant(
    CatalogDatabase catalog,
    WorkStore work,
    DatabaseProviders providers,
    TenantBlobs blobs,
    ApplyTenantState applyState,
    TenantCredentials credentials,
    MoveBook moves,
    EraseOther eraseOther,
    Regions regions,
    TenantCatalog tenants,
    Inventory inventory,
    DeletionCertificates certificates,
    OperationLeases leases,
    TenantDirectory directory,
    TimeProvider time)
{
    /// <returns>False while the grace period lasts, or when the operation was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        OperationTenant tenant = operation.Tenant;
        TenantPlacement placement = await tenants.FindPlacementAsync(tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        if (placement.Region != regions.Here)
        {
            // Handed over, since only this region's hosts reach what a move has left here.
            await EraseOtherAsync(operation, placement, progress, cancellationToken);
            await leases.HandOverAsync(operation, placement.Region, progress.Step, cancellationToken);
            return false;
        }

        progress.Step = "access";
        await applyState.ApplyAccessAsync(tenant.Uid, cancellationToken);

        progress.Step = "grace";
        if (!await BeginPurgeAsync(operation, cancellationToken))
        {
            await leases.AwaitPurgeAsync(operation, progress.Step, cancellationToken);
            return false;
        }

        if (await moves.FindAsync(tenant.Uid, cancellationToken) is { } other && EraseOther.RegionOf(placement, other) is var able && able != regions.Here)
        {
            await leases.HandOverAsync(operation, able, progress.Step, cancellationToken);
            return false;
        }

        progress.Step = "inventory";
        InventoryTaken found = await inventory.TakeAsync(operation, cancellationToken);

        progress.Step = "blobs";
        await blobs.DeleteAllAsync(tenant.Id, cancellationToken);
        BlobRetention retention = await blobs.RetentionAsync(cancellationToken);

        progress.Step = "database";
        IDatabaseProvider provider = providers.Of(tenant.Provider);
        if (tenant is { Database: not null, Role: not null })
        {
            // With the database goes what its roles may own there.
            await provider.RemoveAsync(tenant.Database, tenant.Role, cancellationToken);
        }

        foreach (string role in await credentials.RolesAsync(tenant.Uid, cancellationToken))
        {
            await credentials.DropAsync(provider.Roles, null, role, cancellationToken);
        }

        await EraseOtherAsync(operation, placement, progress, cancellationToken);

        // Once more: an upload that was on its way may have come to an end since.
        progress.Step = "blobs";
        await blobs.DeleteAllAsync(tenant.Id, cancellationToken);

        progress.Step = "catalog";
        DateTimeOffset now = time.GetUtcNow();
        DeletionCertificate certificate = new(
            Guid.CreateVersion7(now),
            operation.Id,
            tenant.Id.Value,
            tenant.Uid,
            found.RequestedAt,
            now,
            found.Erased,
            provider.RecoveryOf(now),
            StorageRecovery.Of(retention, now));
        bool erased = await ForgetAsync(operation, certificate, cancellationToken);
        directory.Forget(tenant.Uid);
        return erased;
    }

    /// <summary>Erases what a move has made, or left.</summary>
    private async Task EraseOtherAsync(LeasedOperation operation, TenantPlacement tenant, Progress progress, CancellationToken cancellationToken)
    {
        if (await moves.FindAsync(tenant.Uid, cancellationToken) is { } other)
        {
            await eraseOther.RunAsync(operation, tenant, other, progress, fetchesLate: false, cancellationToken);
        }
    }

    /// <summary>From here on nothing brings the tenant back.</summary>
    private async Task<bool> BeginPurgeAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants t set purging_at = coalesce(purging_at, now())
                from catalog.operations o
                where o.id = $1 and o.lease = $2 and t.uid = o.tenant_uid and t.state = 'deleting' and t.purge_at <= now()
                """)
            .With(operation.Id).With(operation.Lease);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<bool> ForgetAsync(
        LeasedOperation operation, DeletionCertificate certificate, CancellationToken cancellationToken)
    {
        // Before the catalog, since with it the operation is over. What comes in between is forgotten like any document of a deleted tenant.
        await work.ForgetTenantAsync(operation.Tenant.Uid, cancellationToken);

        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add("delete from catalog.api_keys where tenant_uid = $1").With(operation.Tenant.Uid);
        batch.Add("delete from catalog.usage where tenant_uid = $1").With(operation.Tenant.Uid);
        batch.Add("delete from catalog.vector_indexes where tenant_uid = $1").With(operation.Tenant.Uid);
        certificates.Add(batch, certificate);
        AuditLog.Add(batch, Caller.Freehold, "tenant-erased", operation.Tenant.Id, operation.Tenant.Uid, null);
        batch.Add(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'erased', lease = null, next_attempt_at = null, failure = null, finished_at = now()
                    where id = $1 and lease = $2
                    returning tenant_uid)
                update catalog.tenants t
                set state = 'deleted', deleted_at = now(), display_name = '', encrypted_password = null, database_name = null, role_name = null
                from finished f where t.uid = f.tenant_uid
                returning t.uid
                """)
            .With(operation.Id).With(operation.Lease);
        return await batch.ExecuteScalarAsync(cancellationToken) is Guid;
    }
}
