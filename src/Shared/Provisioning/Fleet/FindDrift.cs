using Freehold.Provisioning.Spares;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>
/// Finds tenants that serve, and databases that wait for one, whose database or role is not on the server. A tenant's is reported
/// and left to people; the warm pool's is replaced, since it held nothing.
/// </summary>
public sealed class FindDrift(CatalogDatabase catalog, PostgresProvider provider, WarmPool pool)
{
    /// <summary>Compares the catalog with a listing of the server, and what is missing with another.</summary>
    internal async Task<IReadOnlyList<Drift>> RunAsync(string mark, ServerInventory listed, CancellationToken cancellationToken)
    {
        IReadOnlyList<Drift> suspects = await CompareAsync(mark, listed, cancellationToken);
        if (suspects.Count == 0)
        {
            return suspects;
        }

        // Made, or given another role, since the listing: only what a later listing lacks as well is missing.
        IReadOnlyList<Drift> later = await CompareAsync(mark, await provider.ListAsync(mark, cancellationToken), cancellationToken);
        HashSet<Guid> before = [.. suspects.Select(drift => drift.Uid)];
        IReadOnlyList<Drift> missing = [.. later.Where(drift => before.Contains(drift.Uid))];
        await pool.ReplaceAsync([.. missing.Where(drift => drift.Tenant is null).Select(drift => drift.Uid)], cancellationToken);
        return missing;
    }

    private async Task<IReadOnlyList<Drift>> CompareAsync(string mark, ServerInventory listed, CancellationToken cancellationToken)
    {
        // A name of another form was given by another rule, and is in no listing.
        await using NpgsqlCommand command = catalog.Command(
                """
                select tenant, uid, no_database, no_role
                from (
                    select serving.*,
                        database_name ~ $5 and not exists (select from unnest($3::text[]) n where n = database_name) no_database,
                        role_name ~ $5 and not exists (select from unnest($4::text[]) n where n = role_name) no_role
                    from (
                        select id tenant, uid, host, port, database_name, role_name from catalog.tenants
                        where state in ('active', 'suspended')
                        union all
                        select null, uid, host, port, database_name, role_name from catalog.spare_databases where state = 'ready') serving
                    where host = $1 and port = $2) compared
                where no_database or no_role
                order by tenant, uid
                """)
            .With(provider.Host).With(provider.Port).With(listed.Databases.ToArray()).With(listed.Roles.ToArray())
            .With(TenantDatabase.NamesOf(mark));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Drift> missing = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            missing.Add(new Drift(
                reader.Optional<string>(0),
                reader.GetGuid(1),
                (reader.GetBoolean(2), reader.GetBoolean(3)) switch
                {
                    (true, true) => "database and role",
                    (true, false) => "database",
                    _ => "role",
                }));
        }

        return missing;
    }
}
