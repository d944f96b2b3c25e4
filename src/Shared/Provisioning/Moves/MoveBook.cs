using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>A tenant's database that does not serve: the new one until the switch, the former one from then on.</summary>
internal sealed record OtherDatabase(string Provider, TenantDatabase Database, bool IsFormer);

/// <summary>What the catalog holds of tenants on the move. Each write names the operation's lease, so who has lost it changes nothing.</summary>
public sealed class MoveBook(CatalogDatabase catalog, InstallationMark installation, CredentialCipher cipher)
{
    /// <summary>Where the tenant's database is to be.</summary>
    internal async Task<string> FindWantedAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select coalesce(next_provider, provider) from catalog.tenants where uid = $1").With(tenantUid);
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? throw new LeaseLostException();
    }

    /// <summary>The tenant's other database, or null.</summary>
    internal async Task<OtherDatabase?> FindAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select provider, database_name, role_name, encrypted_password, switched_at is not null from catalog.moves where tenant_uid = $1
                """)
            .With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new OtherDatabase(
                reader.GetString(0),
                new TenantDatabase(reader.GetString(1), reader.GetString(2), cipher.Open(tenantUid, reader.GetFieldValue<byte[]>(3))),
                reader.GetBoolean(4))
            : null;
    }

    /// <summary>Chooses the new database and writes it down, before anything is made.</summary>
    internal async Task<OtherDatabase> AddAsync(LeasedOperation operation, string provider, CancellationToken cancellationToken)
    {
        Guid tenantUid = operation.Tenant.Uid;
        TenantDatabase chosen = TenantDatabase.Choose(await installation.FindAsync(cancellationToken));
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.moves (tenant_uid, provider, database_name, role_name, encrypted_password)
                select t.uid, $3, $4, $5, $6
                from catalog.operations o join catalog.tenants t on t.uid = o.tenant_uid
                where o.id = $1 and o.lease = $2 and t.state = 'active'
                """)
            .With(operation.Id).With(operation.Lease).With(provider).With(chosen.Name).With(chosen.Role)
            .With(cipher.Seal(tenantUid, chosen.Password));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1
            ? new OtherDatabase(provider, chosen, IsFormer: false)
            : throw new LeaseLostException();
    }

    /// <summary>
    /// Has the new database serve, and the former one wait for its end, in one statement. Not while something else is being done to the
    /// former one that would be lost with it: new credentials, another model, an index.
    /// </summary>
    /// <returns>Whether the new one serves.</returns>
    internal async Task<bool> SwitchAsync(
        LeasedOperation operation, OtherDatabase other, DatabaseAddress address, int schemaVersion, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with former as (
                    select t.uid, t.provider, t.host, t.port, t.pooler_host, t.database_name, t.role_name, t.encrypted_password
                    from catalog.operations o join catalog.tenants t on t.uid = o.tenant_uid
                    where o.id = $1 and o.lease = $2 and t.state = 'active' and t.next_provider = $4 and t.next_embedding_model is null
                        and not exists (
                            select from catalog.database_roles r where r.tenant_uid = t.uid and r.encrypted_password is not null)
                        and not exists (
                            select from catalog.operations b
                            where b.tenant_uid = t.uid and b.kind in ('build-index', 'rotate-credentials') and b.state = 'running')
                    for update of t),
                new as (
                    select m.tenant_uid, m.role_name, m.encrypted_password
                    from catalog.moves m join former f on f.uid = m.tenant_uid
                    where m.database_name = $3 and m.switched_at is null),
                left_behind as (
                    update catalog.moves m
                    set provider = f.provider, host = f.host, port = f.port, pooler_host = f.pooler_host, database_name = f.database_name,
                        role_name = f.role_name, encrypted_password = f.encrypted_password, switched_at = now()
                    from former f join new n on n.tenant_uid = f.uid
                    where m.tenant_uid = f.uid)
                update catalog.tenants t
                set provider = $4, host = $5, port = $6, pooler_host = $7, database_name = $3, role_name = n.role_name,
                    encrypted_password = n.encrypted_password, schema_version = $8, next_provider = null
                from new n where t.uid = n.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease).With(other.Database.Name).With(other.Provider)
            .With(address.Host).With(address.Port).With(address.PoolerHost).With(schemaVersion);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Forgets a database that is erased.</summary>
    internal async Task ForgetAsync(Guid tenantUid, OtherDatabase other, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("delete from catalog.moves where tenant_uid = $1 and database_name = $2").With(tenantUid).With(other.Database.Name);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The tenant is where it is to be.</summary>
    internal async Task<bool> FinishAsync(LeasedOperation operation, string step, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = $3, lease = null, next_attempt_at = null, failure = null, finished_at = now()
                    where id = $1 and lease = $2
                    returning tenant_uid)
                update catalog.tenants t set next_provider = null from finished f where t.uid = f.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease).With(step);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
