using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Refuses a tenant to everyone from now on, and writes the intent to erase it.</summary>
public sealed class DeleteTenant(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    TenantDirectory directory,
    TenantDataSources dataSources,
    AuditLog audit,
    TimeProvider time)
{
    /// <summary>Starts the deletion; asked again, answers with the operation that is under way.</summary>
    /// <param name="id">The tenant.</param>
    /// <param name="idempotencyKey">Names the request; or null.</param>
    /// <param name="cancellationToken">The caller went away.</param>
    /// <returns>The operation's id.</returns>
    public async Task<Guid> RunAsync(TenantId id, string? idempotencyKey, CancellationToken cancellationToken)
    {
        Tenant tenant = await tenants.FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
        if (tenant.State == TenantState.Provisioning)
        {
            // Two operations at one database would leave what the slower one makes.
            throw new TenantNotReadyException(tenant.State);
        }

        Guid operation = await WriteIntentAsync(tenant, idempotencyKey, cancellationToken);
        directory.Forget(tenant.Uid, tenant.Id);
        dataSources.Close(tenant.Uid);
        await audit.WriteAsync("tenant-deletion-started", tenant.Id, tenant.Uid, null, cancellationToken);
        return operation;
    }

    private async Task<Guid> WriteIntentAsync(Tenant tenant, string? idempotencyKey, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        await using NpgsqlCommand command = catalog.Command(
                """
                with refused as (
                    update catalog.tenants set state = 'deleting' where uid = $2 and state in ('active', 'suspended', 'failed')
                    returning uid, id),
                asked as (
                    insert into catalog.operations
                        (id, kind, tenant_uid, tenant_id, state, step, next_attempt_at, idempotency_key, created_at)
                    select $1, 'delete', uid, id, 'queued', 'blobs', now(), $3, $4 from refused
                    returning id)
                select id from asked
                union all
                select id from catalog.operations where tenant_uid = $2 and kind = 'delete' and not exists (select from asked)
                limit 1
                """)
            .With(Guid.CreateVersion7(now)).With(tenant.Uid).With(idempotencyKey).With(now);
        return await command.ExecuteScalarAsync(cancellationToken) is Guid operation ? operation : throw new TenantNotFoundException();
    }
}
