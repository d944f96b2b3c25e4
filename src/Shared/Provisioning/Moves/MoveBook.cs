using System.Text.Json;
using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>A tenant's database that does not serve: the new one until the switch, the former one from then on.</summary>
/// <param name="Region">Its region.</param>
/// <param name="Provider">Its provider.</param>
/// <param name="Database">The database. A former one has no password here: it is sealed for hosts of its region alone.</param>
/// <param name="Left">Set of a former one.</param>
internal sealed record OtherDatabase(string Region, string Provider, TenantDatabase Database, LeftPlace? Left)
{
    /// <summary>Whether it has served.</summary>
    public bool IsFormer => Left is not null;
}

/// <summary>What a tenant has left.</summary>
/// <param name="Operation">The operation that switched.</param>
/// <param name="OpenUntil">Until when uploads may still come to where the tenant was.</param>
/// <param name="Inventory">What was there, once it has been counted.</param>
/// <param name="IsFetched">Whether all that came late has been fetched, and what is there is being erased.</param>
internal sealed record LeftPlace(Guid? Operation, DateTimeOffset? OpenUntil, InventoryTaken? Inventory, bool IsFetched);

/// <summary>Where a tenant is to be.</summary>
/// <param name="Region">The region.</param>
/// <param name="Provider">The provider; null for the one that new tenants of the region come to.</param>
internal sealed record Destination(string Region, string? Provider);

/// <summary>What the catalog holds of tenants on the move. Each write names the operation's lease, so who has lost it changes nothing.</summary>
public sealed class MoveBook(
    CatalogDatabase catalog, InstallationMark installation, CredentialCipher cipher, Regions regions, IOptions<MoveOptions> options)
{
    // Of a tenant t.
    private const string IsQuiet =
        """
        t.state = 'active' and t.next_embedding_model is null
            and not exists (select from catalog.database_roles r where r.tenant_uid = t.uid and r.encrypted_password is not null)
            and not exists (
                select from catalog.operations b
                where b.tenant_uid = t.uid and b.kind in ('build-index', 'rotate-credentials') and b.state = 'running')
        """;

    /// <summary>Where the tenant is to be.</summary>
    internal async Task<Destination> FindWantedAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select coalesce(next_region, region), case when coalesce(next_region, region) = region then coalesce(next_provider, provider) else next_provider end
                from catalog.tenants where uid = $1
                """)
            .With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Destination(reader.GetString(0), reader.Optional<string>(1))
            : throw new LeaseLostException();
    }

    /// <summary>The tenant's other database, or null.</summary>
    internal async Task<OtherDatabase?> FindAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select coalesce(m.region, t.region), m.provider, m.database_name, m.role_name, m.encrypted_password, m.switched_at is not null,
                    m.operation_id, m.open_until, m.inventory::text, m.fetched_at is not null
                from catalog.moves m join catalog.tenants t on t.uid = m.tenant_uid where m.tenant_uid = $1
                """)
            .With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        (string region, bool isFormer) = (reader.GetString(0), reader.GetBoolean(5));
        string password = isFormer || region != regions.Here ? string.Empty : cipher.Open(tenantUid, reader.GetFieldValue<byte[]>(4));
        return new OtherDatabase(
            region,
            reader.GetString(1),
            new TenantDatabase(reader.GetString(2), reader.GetString(3), password),
            isFormer
                ? new LeftPlace(
                    reader.Optional<Guid?>(6),
                    reader.Optional<DateTimeOffset?>(7),
                    reader.Optional<string>(8) is { } inventory ? JsonSerializer.Deserialize(inventory, CertificateJson.Readable.InventoryTaken) : null,
                    reader.GetBoolean(9))
                : null);
    }

    /// <summary>Chooses the new database, here, and writes it down, before anything is made.</summary>
    internal async Task<OtherDatabase> AddAsync(LeasedOperation operation, string provider, CancellationToken cancellationToken)
    {
        Guid tenantUid = operation.Tenant.Uid;
        TenantDatabase chosen = TenantDatabase.Choose(await installation.FindAsync(cancellationToken));
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.moves (tenant_uid, provider, database_name, role_name, encrypted_password, region)
                select t.uid, $3, $4, $5, $6, $7
                from catalog.operations o join catalog.tenants t on t.uid = o.tenant_uid
                where o.id = $1 and o.lease = $2 and t.state = 'active'
                """)
            .With(operation.Id).With(operation.Lease).With(provider).With(chosen.Name).With(chosen.Role)
            .With(cipher.Seal(tenantUid, chosen.Password)).With(regions.Here);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1
            ? new OtherDatabase(regions.Here, provider, chosen, Left: null)
            : throw new LeaseLostException();
    }

    /// <summary>Whether nothing is being done to the database that serves which its end would undo.</summary>
    internal async Task<bool> IsQuietAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command($"select {IsQuiet} from catalog.tenants t where t.uid = $1").With(tenantUid);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>
    /// Has the new database serve, here, and the former one wait for its end, in one statement. Not while something else is being done to the
    /// former one that would be lost with it: new credentials, another model, an index.
    /// </summary>
    /// <returns>Whether the new one serves.</returns>
    internal async Task<bool> SwitchAsync(
        LeasedOperation operation, OtherDatabase other, DatabaseAddress address, int schemaVersion, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                $"""
                with former as (
                    select t.uid, t.region, t.provider, t.host, t.port, t.pooler_host, t.database_name, t.role_name, t.encrypted_password,
                        t.upload_links_until
                    from catalog.operations o join catalog.tenants t on t.uid = o.tenant_uid
                    where o.id = $1 and o.lease = $2 and coalesce(t.next_region, t.region) = $9 and coalesce(t.next_provider, $4) = $4 and {IsQuiet}
                    for update of t),
                new as (
                    select m.tenant_uid, m.role_name, m.encrypted_password
                    from catalog.moves m join former f on f.uid = m.tenant_uid
                    where m.database_name = $3 and m.switched_at is null),
                left_behind as (
                    update catalog.moves m
                    set region = f.region, operation_id = $1, open_until = greatest(f.upload_links_until, now() + $10), provider = f.provider, host = f.host, port = f.port, pooler_host = f.pooler_host, database_name = f.database_name,
                        role_name = f.role_name, encrypted_password = f.encrypted_password, switched_at = now()
                    from former f join new n on n.tenant_uid = f.uid
                    where m.tenant_uid = f.uid)
                update catalog.tenants t
                set region = $9, provider = $4, host = $5, port = $6, pooler_host = $7, database_name = $3, role_name = n.role_name,
                    encrypted_password = n.encrypted_password, schema_version = $8, next_provider = null, next_region = null, paused_at = null,
                    over_quota_at = null, quota_resets_at = null
                from new n where t.uid = n.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease).With(other.Database.Name).With(other.Provider)
            .With(address.Host).With(address.Port).With(address.PoolerHost).With(schemaVersion).With(regions.Here).With(options.Value.LateUploads);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Has the hosts of the tenant's region refuse uploads, within the seconds for which they remember a tenant.</summary>
    internal async Task PauseUploadsAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants t set paused_at = now() from catalog.operations o
                where o.id = $1 and o.lease = $2 and t.uid = o.tenant_uid and t.state = 'active'
                """)
            .With(operation.Id).With(operation.Lease);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new LeaseLostException();
        }
    }

    /// <summary>Has them take uploads again.</summary>
    internal async Task ResumeUploadsAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command("update catalog.tenants set paused_at = null where uid = $1").With(tenantUid);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes what was in the place that the tenant has left.</summary>
    internal async Task NoteInventoryAsync(Guid tenantUid, InventoryTaken inventory, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command("update catalog.moves set inventory = $2::jsonb where tenant_uid = $1")
            .With(tenantUid).With(JsonSerializer.Serialize(inventory, CertificateJson.Readable.InventoryTaken));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes that nothing is fetched any more from the place that the tenant has left.</summary>
    internal async Task NoteFetchedAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.moves m set fetched_at = now() from catalog.operations o
                where o.id = $1 and o.lease = $2 and m.tenant_uid = o.tenant_uid and m.switched_at is not null
                """)
            .With(operation.Id).With(operation.Lease);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new LeaseLostException();
        }
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
                update catalog.tenants t set next_provider = null, next_region = null, paused_at = null from finished f where t.uid = f.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease).With(step);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
