using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Spares;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>
/// Finds tenants that serve, and databases that wait for one, whose database or role is not at the provider. A tenant's is reported
/// and left to people; the warm pool's is replaced, since it held nothing.
/// </summary>
public sealed class FindDrift(CatalogDatabase catalog, WarmPool pool, Regions regions)
{
    // Each is asked for by itself. Where everything is missing, some of it is enough to say so.
    private const int MostSuspects = 500;

    private const string Serving =
        """
        select tenant, uid, database_name, role_name
        from (
            select id tenant, uid, region, provider, host, port, database_name, role_name from catalog.tenants where state in ('active', 'suspended')
            union all
            select null, uid, region, provider, host, port, database_name, role_name from catalog.spare_databases where state = 'ready') serving
        where provider = $1 and region = $2 and
        """;

    private sealed record Suspect(string? Tenant, Guid Uid, string Database, string Role);

    /// <summary>Compares the catalog with the listing of the provider, and asks the provider for what is missing there.</summary>
    internal async Task<IReadOnlyList<Drift>> RunAsync(IDatabaseProvider provider, string mark, CancellationToken cancellationToken)
    {
        IReadOnlyList<Suspect> suspects = await CompareAsync(provider, mark, cancellationToken);
        if (suspects.Count == 0)
        {
            return [];
        }

        // Made, or given another role, since the listing: only what is not found now, and was the tenant's before and after, is missing.
        Guid[] uids = [.. suspects.Select(suspect => suspect.Uid)];
        IReadOnlyList<Suspect> before = await ReadAsync(provider, uids, cancellationToken);
        DatabaseInventory found = await provider.FindAsync(
            [.. before.Select(suspect => suspect.Database)], [.. before.Select(suspect => suspect.Role)], cancellationToken);
        HashSet<string> databases = [.. found.Databases];
        HashSet<string> roles = [.. found.Roles];
        IReadOnlyList<Suspect> after = await ReadAsync(provider, uids, cancellationToken);
        IReadOnlyList<Drift> missing =
        [
            .. after.Intersect(before)
                .Select(suspect => (suspect, NoDatabase: !databases.Contains(suspect.Database), NoRole: provider.ListsRoles && !roles.Contains(suspect.Role)))
                .Where(checkedNow => checkedNow.NoDatabase || checkedNow.NoRole)
                .Select(checkedNow => new Drift(
                    checkedNow.suspect.Tenant,
                    checkedNow.suspect.Uid,
                    (checkedNow.NoDatabase, checkedNow.NoRole) switch
                    {
                        (true, true) => "database and role",
                        (true, false) => "database",
                        _ => "role",
                    })),
        ];
        await pool.ReplaceAsync([.. missing.Where(drift => drift.Tenant is null).Select(drift => drift.Uid)], cancellationToken);
        return missing;
    }

    private async Task<IReadOnlyList<Suspect>> CompareAsync(IDatabaseProvider provider, string mark, CancellationToken cancellationToken)
    {
        // A name of another form was given by another rule, and is in no listing. Two queries, each a join of two tables; with both conditions
        // in one, each name would be looked up by itself.
        await using NpgsqlCommand command = catalog.Command(
                $"""
                {Serving} ($3::text is null or (host = $3 and port = $4)) and database_name ~ $5 and not exists (
                    select from catalog.listed_names n where n.region = $2 and n.provider = $1 and n.kind = 'database' and n.name = database_name)
                union
                {Serving} ($3::text is null or (host = $3 and port = $4)) and $6 and role_name ~ $5 and not exists (
                    select from catalog.listed_names n where n.region = $2 and n.provider = $1 and n.kind = 'role' and n.name = role_name)
                order by tenant, uid limit $7
                """)
            .With(provider.Name).With(regions.Here).With(provider.Address?.Host).With(provider.Address?.Port).With(TenantDatabase.NamesOf(mark))
            .With(provider.ListsRoles).With(MostSuspects);
        return await ReadAsync(command, cancellationToken);
    }

    private async Task<IReadOnlyList<Suspect>> ReadAsync(IDatabaseProvider provider, Guid[] uids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command($"{Serving} uid = any ($3) order by tenant, uid")
            .With(provider.Name).With(regions.Here).With(uids);
        return await ReadAsync(command, cancellationToken);
    }

    private static async Task<IReadOnlyList<Suspect>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Suspect> suspects = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            suspects.Add(new Suspect(reader.Optional<string>(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3)));
        }

        return suspects;
    }
}
