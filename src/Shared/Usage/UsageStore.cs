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
        await using NpgsqlCommand command = catalog.Command(
                """
                select day, coalesce(sum(amount) filter (where metric = $4), 0)::bigint, coalesce(sum(amount) filter (where metric = $5), 0)::bigint,
                    coalesce(sum(amount) filter (where metric = $6), 0)::bigint, coalesce(sum(amount) filter (where metric = $7), 0)::bigint,
                    coalesce(sum(amount) filter (where metric = $8), 0)::bigint, coalesce(sum(amount) filter (where metric = $9), 0)::bigint,
                    coalesce(sum(amount) filter (where metric = $10), 0)::bigint, coalesce(sum(amount) filter (where metric = $11), 0)::bigint,
                    coalesce(sum(amount) filter (where metric = $12), 0)::bigint,
                    coalesce(sum(amount) filter (where metric = $13), 0)::bigint
                from catalog.usage where tenant_uid = $1 and day between $2 and $3 group by day order by day
                """)
            .With(tenantUid).With(from).With(to);
        foreach (Metric metric in Enum.GetValues<Metric>())
        {
            command.With(metric.ToName());
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<DayOfUsage> days = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            days.Add(new DayOfUsage(
                reader.GetFieldValue<DateOnly>(0),
                reader.GetInt64(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.GetInt64(6),
                reader.GetInt64(7),
                reader.GetInt64(8),
                reader.GetInt64(9),
                reader.GetInt64(10)));
        }

        return days;
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
