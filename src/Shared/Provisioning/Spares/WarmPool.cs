using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Spares;

/// <summary>
/// The warm pool in the catalog: databases that wait for a tenant. A row is there before the database and until after it, so
/// whatever is killed in between, the next turn goes on. Only a creation takes a ready one, in its own statement.
/// </summary>
public sealed class WarmPool(
    CatalogDatabase catalog,
    CredentialCipher cipher,
    InstallationMark installation,
    Regions regions,
    IOptions<ProvisioningOptions> options,
    TimeProvider time)
{
    // Any constant will do that nothing else in the catalog's database takes.
    private const long PlanLock = 4_617_315_517_961_601_026;

    /// <summary>How long making or dropping one may take before another host may go on with it.</summary>
    internal TimeSpan Lease => options.Value.Lease;

    /// <summary>Decides what is to be done next with a provider's databases, and takes the lease of it.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="isForNew">Whether new tenants' databases come from it. Where they do not, it needs no pool.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Null when the pool is as it should be.</returns>
    internal async Task<SpareDatabase?> TakeNextAsync(IDatabaseProvider provider, bool isForNew, CancellationToken cancellationToken)
    {
        int size = isForNew ? options.Value.WarmPool.Size : 0;
        TenantDatabase chosen = TenantDatabase.Choose(await installation.FindAsync(cancellationToken));
        await using NpgsqlConnection connection = await catalog.OpenAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        SpareDatabase? next = await TakeUnfinishedAsync(connection, provider, size, cancellationToken)
            ?? await AddMissingAsync(connection, provider, size, chosen, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return next;
    }

    /// <summary>Puts a database that has been made up for tenants.</summary>
    /// <returns>False when another host did so first.</returns>
    internal async Task<bool> OfferAsync(SpareDatabase spare, DatabaseAddress address, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.spare_databases set state = 'ready', host = $2, port = $3, pooler_host = $4, lease_until = null
                where uid = $1 and state = 'making'
                """)
            .With(spare.Uid).With(address.Host).With(address.Port).With(address.PoolerHost);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Forgets a database that has been dropped.</summary>
    internal Task ForgetAsync(SpareDatabase spare, CancellationToken cancellationToken) =>
        ExecuteAsync("delete from catalog.spare_databases where uid = $1 and state = 'dropping'", spare, cancellationToken);

    /// <summary>Gives the lease back, so that the next turn goes on at once.</summary>
    internal Task ReleaseAsync(SpareDatabase spare, CancellationToken cancellationToken) => ExecuteAsync(
        "update catalog.spare_databases set lease_until = null where uid = $1 and state in ('making', 'dropping')", spare, cancellationToken);

    /// <summary>Has ready databases replaced that are no longer on the server. They hold nothing.</summary>
    internal async Task ReplaceAsync(Guid[] uids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("update catalog.spare_databases set state = 'dropping', lease_until = null where uid = any($1) and state = 'ready'")
            .With(uids);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<SpareDatabase?> TakeUnfinishedAsync(
        NpgsqlConnection connection, IDatabaseProvider provider, int size, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(connection);
        batch.Add("select pg_advisory_xact_lock($1)").With(PlanLock);

        // Copies of a newer template are for hosts that have been deployed already.
        batch.Add(
                """
                update catalog.spare_databases set state = 'dropping', lease_until = null
                where region = $1 and provider = $6 and schema_version <= $2 and (template <> $3 or host <> $4 or port <> $5)
                    and (state = 'ready' or (state = 'making' and (lease_until is null or lease_until <= now())))
                """)
            .With(regions.Here).With(provider.SchemaVersion).With(provider.Template)
            .With(provider.Address?.Host).With(provider.Address?.Port).With(provider.Name);
        batch.Add(
                """
                update catalog.spare_databases set state = 'dropping', lease_until = null
                where state = 'ready' and uid in (
                    select uid from catalog.spare_databases where state = 'ready' and region = $1 and provider = $4 and template = $2
                    order by created_at offset $3)
                """)
            .With(regions.Here).With(provider.Template).With(size).With(provider.Name);
        batch.Add(
                """
                update catalog.spare_databases set lease_until = now() + $3
                where uid = (
                    select uid from catalog.spare_databases
                    where region = $1 and provider = $4 and (state = 'dropping' or (state = 'making' and template = $2))
                        and (lease_until is null or lease_until <= now())
                    order by state desc, created_at limit 1)
                returning uid, state, database_name, role_name, encrypted_password
                """)
            .With(regions.Here).With(provider.Template).With(Lease).With(provider.Name);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SpareDatabase(
                reader.GetGuid(0), reader.GetString(1) == "dropping", reader.GetString(2), reader.GetString(3), reader.GetFieldValue<byte[]>(4))
            : null;
    }

    private async Task<SpareDatabase?> AddMissingAsync(
        NpgsqlConnection connection, IDatabaseProvider provider, int size, TenantDatabase chosen, CancellationToken cancellationToken)
    {
        Guid uid = Guid.CreateVersion7(time.GetUtcNow());
        SpareDatabase spare = new(uid, IsToBeDropped: false, chosen.Name, chosen.Role, cipher.Seal(uid, chosen.Password));
        await using NpgsqlCommand command = new NpgsqlCommand(
                """
                insert into catalog.spare_databases
                    (uid, region, provider, host, port, database_name, role_name, encrypted_password, template, schema_version, state, lease_until)
                select $1, $2, $12, $3, $4, $5, $6, $7, $8, $9, 'making', now() + $10
                where (
                    select count(*) from catalog.spare_databases
                    where region = $2 and provider = $12 and template = $8 and state in ('ready', 'making')) < $11
                """,
                connection)
            .With(uid).With(regions.Here).With(provider.Address?.Host).With(provider.Address?.Port)
            .With(spare.Database).With(spare.Role).With(spare.EncryptedPassword)
            .With(provider.Template).With(provider.SchemaVersion).With(Lease).With(size).With(provider.Name);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? spare : null;
    }

    private async Task<bool> ExecuteAsync(string sql, SpareDatabase spare, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(sql).With(spare.Uid);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
