using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Usage;

/// <summary>What a host has counted since its last flush. <paramref name="Number"/> makes adding it twice add it once.</summary>
internal sealed record UsageBatch(
    Guid Host, long Number, IReadOnlyDictionary<UsageKey, long> Counts, IReadOnlyDictionary<Guid, DateTimeOffset> KeyUses);

/// <summary>Tenants' use, day by day, in the catalog. Never asks a tenant's database.</summary>
public sealed class UsageStore(CatalogDatabase catalog)
{
    /// <summary>One round trip, one transaction. Rows are locked in one order, whatever the host, so that hosts do not deadlock.</summary>
    internal async Task AddAsync(UsageBatch usage, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
                """
                with this as (
                    insert into catalog.usage_flushes as f (host, number) values ($1, $2)
                    on conflict (host) do update set number = excluded.number, at = now() where f.number < excluded.number
                    returning host)
                insert into catalog.usage (tenant_uid, day, metric, amount)
                select u.tenant_uid, u.day, u.metric, u.amount
                from unnest($3::uuid[], $4::date[], $5::text[], $6::bigint[]) as u (tenant_uid, day, metric, amount)
                join catalog.tenants t on t.uid = u.tenant_uid
                where t.purging_at is null and t.state <> 'deleted' and exists (select from this)
                order by 1, 2, 3
                on conflict (tenant_uid, day, metric) do update set amount = usage.amount + excluded.amount
                """)
            .With(usage.Host).With(usage.Number)
            .With(usage.Counts.Keys.Select(key => key.TenantUid).ToArray())
            .With(usage.Counts.Keys.Select(key => key.Day).ToArray())
            .With(usage.Counts.Keys.Select(key => key.Metric.ToName()).ToArray())
            .With(usage.Counts.Values.ToArray());
        if (usage.KeyUses.Count > 0)
        {
            batch.Add(
                    """
                    with used as (
                        select k.id, u.at from catalog.api_keys k join unnest($1::uuid[], $2::timestamptz[]) as u (id, at) on u.id = k.id
                        where k.last_used_at is null or k.last_used_at < u.at
                        order by k.id for update of k)
                    update catalog.api_keys k set last_used_at = used.at from used where k.id = used.id
                    """)
                .With(usage.KeyUses.Keys.ToArray()).With(usage.KeyUses.Values.ToArray());
        }

        if (usage.Number == 1)
        {
            // A host that has been silent for so long does not send its last count again.
            batch.Add("delete from catalog.usage_flushes where at < now() - interval '30 days'");
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What a tenant has used from one day to another, both included; days without use are left out.</summary>
    internal async Task<IReadOnlyList<DayOfUsage>> ReadAsync(Guid tenantUid, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select day, metric, amount from catalog.usage where tenant_uid = $1 and day between $2 and $3 order by day")
            .With(tenantUid).With(from).With(to);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<DateOnly, Dictionary<string, long>> days = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            DateOnly day = reader.GetFieldValue<DateOnly>(0);
            if (!days.TryGetValue(day, out Dictionary<string, long>? amounts))
            {
                days.Add(day, amounts = []);
            }

            amounts.Add(reader.GetString(1), reader.GetInt64(2));
        }

        return [.. days.Select(day => DayOfUsage.Of(day.Key, metric => day.Value.GetValueOrDefault(metric.ToName())))];
    }

    /// <summary>Writes down what a provider has counted. It counts on, so a later figure of a day takes the place of an earlier one.</summary>
    internal async Task SetAsync(IReadOnlyDictionary<UsageKey, long> counts, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.usage (tenant_uid, day, metric, amount)
                select u.tenant_uid, u.day, u.metric, u.amount
                from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[]) as u (tenant_uid, day, metric, amount)
                join catalog.tenants t on t.uid = u.tenant_uid
                where t.purging_at is null and t.state <> 'deleted'
                order by 1, 2, 3
                on conflict (tenant_uid, day, metric) do update set amount = excluded.amount where usage.amount <> excluded.amount
                """)
            .With(counts.Keys.Select(key => key.TenantUid).ToArray())
            .With(counts.Keys.Select(key => key.Day).ToArray())
            .With(counts.Keys.Select(key => key.Metric.ToName()).ToArray())
            .With(counts.Values.ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A tenant's sum of one metric since a day.</summary>
    internal async Task<long> SumAsync(Guid tenantUid, Metric metric, DateOnly since, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                "select coalesce(sum(amount), 0)::bigint from catalog.usage where tenant_uid = $1 and metric = $2 and day >= $3")
            .With(tenantUid).With(metric.ToName()).With(since);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
