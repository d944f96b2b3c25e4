using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>
/// Writes down in the catalog what a provider has, as this region sees it, page by page, so that a fleet of any size takes the memory of a
/// page, and what a host did not come to, since it was killed or the provider could not list it, is listed by the next.
/// </summary>
public sealed class ListDatabases(CatalogDatabase catalog, Regions regions)
{
    // What was listed so long ago says little of now.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(6);

    /// <summary>Lists to the end, or to where the provider says that it could not list everything: that page is asked for again next time.</summary>
    /// <returns>False when it was not the end: then nothing can be said of what is not listed.</returns>
    internal async Task<bool> RunAsync(IDatabaseProvider provider, string mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        (string? after, bool complete) = await BeginAsync(provider.Name, now, cancellationToken);
        Task<InventoryPage>? asked = complete ? null : provider.ListAsync(mark, after, cancellationToken);
        while (asked is not null)
        {
            InventoryPage page = await asked;
            if (page.Unlisted)
            {
                return false;
            }

            // The next is on its way while this one is written down.
            asked = page.Next is null ? null : provider.ListAsync(mark, page.Next, cancellationToken);
            try
            {
                await KeepAsync(provider.Name, page, cancellationToken);
            }
            catch when (asked is not null)
            {
                await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
        }

        // What is made of it are joins with tables as large, which the planner has to know.
        await using NpgsqlCommand analyze = catalog.Command("analyze catalog.listed_names");
        await analyze.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>Forgets the listing, which has served.</summary>
    internal static void AddForget(NpgsqlBatch batch, string region, string provider)
    {
        batch.Add("delete from catalog.listed_names where region = $1 and provider = $2").With(region).With(provider);
        batch.Add("delete from catalog.listings where region = $1 and provider = $2").With(region).With(provider);
    }

    private async Task<(string? After, bool Complete)> BeginAsync(
        string provider, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add("delete from catalog.listings where region = $1 and provider = $2 and started_at not between $3 and $4")
            .With(regions.Here).With(provider).With(now - Lifetime).With(now);
        batch.Add(
                """
                delete from catalog.listed_names n where region = $1 and provider = $2
                    and not exists (select from catalog.listings l where l.region = n.region and l.provider = n.provider)
                """)
            .With(regions.Here).With(provider);
        batch.Add("insert into catalog.listings (region, provider, started_at) values ($1, $2, $3) on conflict do nothing")
            .With(regions.Here).With(provider).With(now);
        batch.Add("select after, complete from catalog.listings where region = $1 and provider = $2").With(regions.Here).With(provider);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.Optional<string>(0), reader.GetBoolean(1));
    }

    private async Task KeepAsync(string provider, InventoryPage page, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        foreach ((string kind, IReadOnlyList<string> names) in new[] { (OrphanKinds.Database, page.Databases), (OrphanKinds.Role, page.Roles) })
        {
            batch.Add("insert into catalog.listed_names (region, provider, kind, name) select $4, $1, $2, n from unnest($3::text[]) n on conflict do nothing")
                .With(provider).With(kind).With(names.ToArray()).With(regions.Here);
        }

        batch.Add("update catalog.listings set after = $3, complete = $3 is null where region = $1 and provider = $2")
            .With(regions.Here).With(provider).With(page.Next);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
