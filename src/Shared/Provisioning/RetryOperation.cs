using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Makes a failed operation due again, from its beginning: its steps find what is done already. One whose tenant has moved on since
/// is refused.
/// </summary>
public sealed class RetryOperation(CatalogDatabase catalog, TenantCatalog tenants, OperationStore operations)
{
    /// <summary>Retries an operation.</summary>
    /// <returns>The operation's id.</returns>
    public async Task<Guid> RunAsync(Guid id, Caller caller, CancellationToken cancellationToken)
    {
        await operations.ReplyToAsync(id, caller, cancellationToken);
        await using NpgsqlCommand command = catalog.Command(
                """
                with retried as (
                    update catalog.operations o
                    set state = 'queued', attempts = 0, next_attempt_at = now(), woken_at = null, failure = null, finished_at = null,
                        replied_at = null
                    where o.id = $1 and o.state = 'failed'
                        and case
                            when o.kind = 'provision' then exists (
                                select from catalog.tenants t where t.uid = o.tenant_uid and t.state = 'failed')
                            when o.kind in ('set-plan', 'rotate-credentials', 'change-model', 'build-index', 'evaluate', 'move') then exists (
                                select from catalog.tenants t where t.uid = o.tenant_uid and t.state in ('active', 'suspended'))
                                and not exists (
                                    select from catalog.operations r
                                    where r.tenant_uid = o.tenant_uid and r.kind = o.kind and r.kind in ('build-index', 'evaluate')
                                        and r.state in ('queued', 'running'))
                            else o.kind = 'rotate-keys'
                        end
                    returning o.id, o.kind, o.tenant_uid, o.tenant_id),
                again as (
                    update catalog.tenants t set state = 'provisioning', failure = null
                    from retried r where t.uid = r.tenant_uid and r.kind = 'provision'),
                noted as (
                    insert into catalog.audit (actor, action, tenant_id, tenant_uid, details)
                    select $2, 'operation-retried', tenant_id, tenant_uid, jsonb_build_object('operation', id) from retried)
                select exists (select from retried), exists (select from catalog.operations where id = $1)
                """)
            .With(id).With(caller.Name);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetBoolean(0), reader.GetBoolean(1)) switch
        {
            (true, _) => id,
            (_, true) => throw new OperationNotFailedException(),
            _ => throw new OperationNotFoundException(),
        };
    }

    /// <summary>Retries what has failed of the tenant; answers with what is under way already.</summary>
    /// <returns>The operation's id.</returns>
    public async Task<Guid> RunAsync(TenantId tenantId, Caller caller, CancellationToken cancellationToken)
    {
        Tenant tenant = await tenants.FindAsync(tenantId, cancellationToken) ?? throw new TenantNotFoundException();
        await using NpgsqlCommand command = catalog
            .Command(
                """
                select id, state from catalog.operations
                where tenant_uid = $1 and (state in ('queued', 'running') or (state = 'failed' and not failure like 'Overtaken%')
                    or (kind = 'provision' and $2 = 'failed'))
                order by (kind = 'provision' and $2 = 'failed') desc, state <> 'failed' desc, id desc limit 1
                """)
            .With(tenant.Uid).With(tenant.State.ToName());
        Guid operation;
        bool underWay;
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                throw new OperationNotFailedException();
            }

            (operation, underWay) = (reader.GetGuid(0), reader.GetString(1) != OperationStates.Failed);
        }

        if (!underWay)
        {
            return await RunAsync(operation, caller, cancellationToken);
        }

        await operations.ReplyToAsync(operation, caller, cancellationToken);
        return operation;
    }
}
