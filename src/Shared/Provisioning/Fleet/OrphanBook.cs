using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>What has been seen in this region that nobody owns, and how often.</summary>
public sealed class OrphanBook(CatalogDatabase catalog, Regions regions)
{
    private const string Columns = "kind, name, provider, sightings, first_seen_at";

    private const string Count =
        """
        insert into catalog.orphans as o (region, kind, name, provider, first_seen_at, last_seen_at)
        select $3, kind, name, $1, $2, $2 from ({0}) unowned
        on conflict (region, kind, name) do update
            set sightings = o.sightings + 1, last_seen_at = excluded.last_seen_at, provider = excluded.provider
        """;

    private static readonly string CountListed = Count.Replace("{0}", OwnedNames.UnownedListed, StringComparison.Ordinal);

    private static readonly string CountFolders =
        Count.Replace("{0}", "select 'blobs' as kind, n as name from unnest($4::text[]) n", StringComparison.Ordinal);

    /// <summary>
    /// Counts a sighting of each listed database and role that nobody owns, forgets what is gone or owned again, and forgets the listing,
    /// which must not count twice.
    /// </summary>
    internal async Task CountListedAsync(IDatabaseProvider provider, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(CountListed).With(provider.Name).With(now).With(regions.Here);
        batch.Add("delete from catalog.orphans where region = $3 and provider = $1 and last_seen_at <> $2")
            .With(provider.Name).With(now).With(regions.Here);
        ListDatabases.AddForget(batch, regions.Here, provider.Name);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Counts a sighting of each folder, and forgets those that are gone or owned again.</summary>
    internal async Task CountFoldersAsync(IReadOnlyList<string> unowned, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(CountFolders).With<string?>(null).With(now).With(regions.Here).With(unowned.ToArray());
        batch.Add("delete from catalog.orphans where region = $2 and kind = 'blobs' and last_seen_at <> $1").With(now).With(regions.Here);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>How many were seen at that moment.</summary>
    internal async Task<int> CountAsync(DateTimeOffset seen, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select count(*)::int from catalog.orphans where region = $2 and last_seen_at = $1").With(seen).With(regions.Here);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Some of those that were seen at that moment: databases, then roles, then folders.</summary>
    internal async Task<IReadOnlyList<Orphan>> ReadAsync(DateTimeOffset seen, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                $"""
                select {Columns} from catalog.orphans where region = $3 and last_seen_at = $1
                order by array_position(array['database', 'role', 'blobs'], kind), name limit $2
                """)
            .With(seen).With(limit).With(regions.Here);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Orphan> orphans = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            orphans.Add(new Orphan(
                reader.GetString(0),
                reader.GetString(1),
                reader.Optional<string>(2),
                reader.GetInt32(3),
                reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return orphans;
    }

    /// <summary>Forgets one that has been removed.</summary>
    internal async Task ForgetAsync(Orphan orphan, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("delete from catalog.orphans where region = $3 and kind = $1 and name = $2").With(orphan.Kind).With(orphan.Name).With(regions.Here);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
