using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Refuses a tenant to everyone from now on, and writes the intent to erase it: after the grace period, or at once where purging was
/// asked for. Asked again, it answers with the deletion that is under way, and hastens it where purging is asked for.
/// </summary>
public sealed class DeleteTenant(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    OperationStore operations,
    ChangeTenant changeTenant,
    IOptions<ProvisioningOptions> options)
{
    /// <summary>Starts the deletion.</summary>
    /// <param name="id">The tenant.</param>
    /// <param name="purge">Whether to erase without a grace period.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="wait">How long to wait until it is erased, or closed for its grace period; zero not to wait.</param>
    /// <param name="cancellationToken">The caller went away.</param>
    public async Task<StartedOperation> RunAsync(
        TenantId id, bool purge, Caller caller, TimeSpan wait, CancellationToken cancellationToken)
    {
        TenantChange change = TenantChange.Delete(purge ? TimeSpan.Zero : options.Value.DeletionGrace, purge);
        try
        {
            return await changeTenant.RunAsync(id, change, caller, wait, cancellationToken);
        }
        catch (TenantNotReadyException refusal) when (refusal.State == TenantState.Deleting)
        {
            Tenant tenant = await tenants.FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
            return await FindDeletionAsync(tenant, purge, caller, cancellationToken);
        }
    }

    private async Task<StartedOperation> FindDeletionAsync(Tenant tenant, bool purge, Caller caller, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        if (purge)
        {
            batch.Add(
                    """
                    with hastened as (
                        update catalog.tenants set purge_at = greatest(now(), busy_until)
                        where uid = $1 and state = 'deleting' and purging_at is null and purge_at > now()
                        returning uid, purge_at)
                    update catalog.operations o set next_attempt_at = h.purge_at, woken_at = null
                    from hastened h where o.tenant_uid = h.uid and o.kind = 'delete' and o.state = 'queued'
                    """)
                .With(tenant.Uid);
            AuditLog.Add(batch, caller, "tenant-purge", tenant.Id, tenant.Uid, null);
        }

        batch.Add("select id from catalog.operations where tenant_uid = $1 and kind = 'delete' order by id desc limit 1").With(tenant.Uid);
        Guid operation = await batch.ExecuteScalarAsync(cancellationToken) as Guid? ?? throw new TenantNotFoundException();
        await operations.ReplyToAsync(operation, caller, cancellationToken);
        return new StartedOperation(operation, Done: false);
    }
}
