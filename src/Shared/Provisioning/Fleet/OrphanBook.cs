using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>What has been seen in this region that nobody owns, and how often.</summary>
public sealed class OrphanBook(CatalogDatabase catalog, Regions regions)
{
    /// <summary>Counts a sighting of each, and forgets what is gone or owned again.</summary>
    internal async Task<IReadOnlyList<Orphan>> CountAsync(
        string kind, IReadOnlyList<string> names, DateTimeOffset now, CancellationToken cancellationToken)
    {
        string[] seen = [.. names];
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add("delete from catalog.orphans where region = $3 and kind = $1 and name <> all($2)").With(kind).With(seen).With(regions.Here);
        batch.Add(
                """
                insert into catalog.orphans as o (region, kind, name, first_seen_at, last_seen_at)
                select $4, $1, n, $3, $3 from unnest($2::text[]) n
                on conflict (region, kind, name) do update set sightings = o.sightings + 1, last_seen_at = excluded.last_seen_at
                returning name, sightings, first_seen_at
                """)
            .With(kind).With(seen).With(now).With(regions.Here);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        List<Orphan> orphans = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            orphans.Add(new Orphan(kind, reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2)));
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
