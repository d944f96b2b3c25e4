using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Provisioning.Consumption;

/// <summary>
/// Brings what providers have counted of tenants' databases beside what we count ourselves: rounds over all tenants of this region, a page at a time, by
/// one host at a time. What a killed host has not come to, the next one goes on with. Wakes nobody.
/// </summary>
public sealed class PullConsumption(
    CatalogDatabase catalog, Regions regions, DatabaseProviders providers, UsageStore usage, TimeProvider time, ILogger<PullConsumption> logger)
{
    private const int TenantsOfPage = 100;

    // Figures of a day are settled within hours of its end.
    private const int DaysBack = 2;

    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(6);

    private sealed record MeteredTenant(Guid Uid, string Provider, string Database);

    /// <summary>Goes on with the present round, or begins the next if it is time, for one turn.</summary>
    /// <returns>How many tenants it has asked about.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        int asked = 0;
        if (!await BeginAsync(cancellationToken))
        {
            return asked;
        }

        try
        {
            while (time.GetElapsedTime(started) < Turn && await NextAsync(cancellationToken) is { Count: > 0 } tenants)
            {
                foreach (IGrouping<string, MeteredTenant> group in tenants.GroupBy(tenant => tenant.Provider))
                {
                    await PullAsync(providers.Of(group.Key), [.. group], cancellationToken);
                }

                asked += tenants.Count;
                await AdvanceAsync(tenants[^1].Uid, isLast: tenants.Count < TenantsOfPage, cancellationToken);
                if (tenants.Count < TenantsOfPage)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (ProviderFailures.Is(exception))
        {
            Log.ConsumptionNotPulled(logger, exception);
        }
        finally
        {
            await ReleaseAsync();
        }

        return asked;
    }

    private async Task PullAsync(IDatabaseProvider provider, MeteredTenant[] tenants, CancellationToken cancellationToken)
    {
        DateOnly today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        Dictionary<string, Guid> uids = tenants.ToDictionary(tenant => tenant.Database, tenant => tenant.Uid);
        IReadOnlyList<DatabaseConsumption> found = await provider.ReadConsumptionAsync(
            [.. uids.Keys], today.AddDays(-DaysBack), today, cancellationToken);
        Dictionary<UsageKey, long> amounts = [];
        foreach (DatabaseConsumption database in found)
        {
            foreach ((DateOnly day, Metric metric, long amount) in database.Amounts)
            {
                amounts[new UsageKey(uids[database.Database], day, metric)] = amount;
            }
        }

        await usage.SetAsync(amounts, cancellationToken);
        await NotePeriodsAsync([.. found.Where(each => each.QuotaResetsAt is not null)], uids, cancellationToken);
    }

    /// <summary>Where a new period has begun, the quota that was used up was the former one's.</summary>
    private async Task NotePeriodsAsync(DatabaseConsumption[] found, Dictionary<string, Guid> uids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants t
                set quota_resets_at = n.at, over_quota_at = case when n.at > t.quota_resets_at then null else t.over_quota_at end
                from unnest($1::uuid[], $2::timestamptz[]) n (uid, at)
                where t.uid = n.uid and t.quota_resets_at is distinct from n.at
                """)
            .With(found.Select(each => uids[each.Database]).ToArray()).With(found.Select(each => each.QuotaResetsAt!.Value).ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<bool> BeginAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.consumption_rounds as r (region, lease_until, after) values ($1, now() + $2, '00000000-0000-0000-0000-000000000000')
                on conflict (region) do update
                set lease_until = now() + $2, began_at = case when r.after is null then now() else r.began_at end,
                    after = coalesce(r.after, '00000000-0000-0000-0000-000000000000')
                where r.lease_until <= now() and (r.after is not null or r.began_at <= now() - $3)
                """)
            .With(regions.Here).With(Lease).With(BetweenRounds);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<IReadOnlyList<MeteredTenant>> NextAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select t.uid, t.provider, t.database_name
                from catalog.consumption_rounds r join catalog.tenants t on t.region = r.region and t.uid > r.after
                where r.region = $1 and t.state in ('active', 'suspended') and t.provider = any ($2) and t.database_name is not null
                order by t.uid limit $3
                """)
            .With(regions.Here).With(providers.Names).With(TenantsOfPage);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<MeteredTenant> tenants = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            tenants.Add(new MeteredTenant(reader.GetGuid(0), reader.GetString(1), reader.GetString(2)));
        }

        if (tenants.Count == 0)
        {
            await AdvanceAsync(default, isLast: true, cancellationToken);
        }

        return tenants;
    }

    private async Task AdvanceAsync(Guid last, bool isLast, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.consumption_rounds
                set after = case when $3 then null else $2 end, finished_at = case when $3 then now() else finished_at end, lease_until = now() + $4
                where region = $1
                """)
            .With(regions.Here).With(last).With(isLast).With(Lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task ReleaseAsync()
    {
        await using NpgsqlCommand command = catalog
            .Command("update catalog.consumption_rounds set lease_until = '-infinity' where region = $1").With(regions.Here);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
