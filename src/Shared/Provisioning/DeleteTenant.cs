using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Refuses a tenant to everyone from now on, and writes the intent to erase it.</summary>
public sealed class DeleteTenant(
    CatalogDatabase catalog,
    OperationStore operations,
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
        byte[] requestHash = OperationStore.Hash(OperationKinds.Delete, id.Value);
        if (await operations.FindEarlierAsync(idempotencyKey, requestHash, cancellationToken) is { } earlier)
        {
            return earlier.Id;
        }

        Tenant tenant = await tenants.FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
        if (tenant.State == TenantState.Provisioning)
        {
            // Two operations at one database would leave what the slower one makes.
            throw new TenantNotReadyException(tenant.State);
        }

        Guid operation = await WriteIntentAsync(tenant, idempotencyKey, requestHash, cancellationToken)
            ?? await FindDeletionAsync(tenant, cancellationToken);
        directory.Forget(tenant.Uid, tenant.Id);
        dataSources.Close(tenant.Uid);
        await audit.WriteAsync("tenant-deletion-started", tenant.Id, tenant.Uid, null, cancellationToken);
        return operation;
    }

    /// <returns>Null when somebody else has started the deletion already, or just now.</returns>
    private async Task<Guid?> WriteIntentAsync(
        Tenant tenant, string? idempotencyKey, byte[] requestHash, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        await using NpgsqlCommand command = catalog.Command(
                """
                with refused as (
                    update catalog.tenants set state = 'deleting' where uid = $2 and state in ('active', 'suspended', 'failed')
                    returning uid, id)
                insert into catalog.operations
                    (id, kind, tenant_uid, tenant_id, state, step, next_attempt_at, idempotency_key, request_hash, created_at)
                select $1, 'delete', uid, id, 'queued', 'blobs', now(), $3, $4, $5 from refused
                returning id
                """)
            .With(Guid.CreateVersion7(now)).With(tenant.Uid).With(idempotencyKey).With(requestHash).With(now);
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The same request at the same time, or its key was used for another meanwhile.
            return (await operations.FindEarlierAsync(idempotencyKey, requestHash, cancellationToken))?.Id;
        }
    }

    // In a statement of its own: it sees what the one before had to wait for.
    private async Task<Guid> FindDeletionAsync(Tenant tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select id from catalog.operations where tenant_uid = $1 and kind = 'delete' order by created_at desc limit 1")
            .With(tenant.Uid);
        return await command.ExecuteScalarAsync(cancellationToken) is Guid operation ? operation : throw new TenantNotFoundException();
    }
}
