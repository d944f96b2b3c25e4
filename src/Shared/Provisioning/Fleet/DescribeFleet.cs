using System.Globalization;
using System.Text.Json;
using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>Counts what the catalog knows of the whole installation, and the work store of this region's documents, in one round trip each. Wakes no tenant's database.</summary>
public sealed class DescribeFleet(
    CatalogDatabase catalog,
    WorkStore work,
    EmbeddingModels models,
    TenantSchema schema,
    Regions regions,
    IOptions<ProvisioningOptions> options)
{
    private sealed record TenantGroup(string State, string Region, string Plan, int? SchemaVersion, long Hits, long Misses, long HitsOfDay, long MissesOfDay)
    {
        public long Count => Hits + Misses;
    }

    /// <summary>How the installation stands now.</summary>
    public async Task<FleetOverview> RunAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
            """
            select state, region, plan, schema_version,
                count(*) filter (where claimed), count(*) filter (where not claimed),
                count(*) filter (where claimed and created_at > now() - interval '1 day'),
                count(*) filter (where not claimed and created_at > now() - interval '1 day')
            from catalog.tenants group by state, region, plan, schema_version
            """);
        batch.Add("select state, count(*) from catalog.spare_databases where region = $1 group by state").With(regions.Here);
        batch.Add("select state, count(*) from catalog.operations group by state");
        batch.Add(
            """
            select extract(epoch from now() - min(next_attempt_at))::float8 from catalog.operations
            where state in ('queued', 'running') and next_attempt_at <= now()
            """);
        batch.Add("select embedding_model, count(*) from catalog.tenants where state in ('active', 'suspended') group by embedding_model");
        batch.Add(
            """
            select t.id, v.ef_search, v.recall, v.samples, v.built_at, v.measured_at
            from catalog.vector_indexes v join catalog.tenants t on t.uid = v.tenant_uid
            where t.state in ('active', 'suspended') order by v.recall, t.id limit 100
            """);
        batch.Add(
            """
            select substr(metric, 7), sum(amount)::bigint from catalog.usage where metric like 'wakes-%' and day > current_date - 7 group by metric
            """);
        batch.Add(
            """
            select t.id, array_agg(w.cause order by w.cause), array_agg(w.count order by w.cause)
            from (
                select tenant_uid, substr(metric, 7) cause, sum(amount)::bigint count
                from catalog.usage where metric like 'wakes-%' and day > current_date - 7 group by tenant_uid, metric) w
            join catalog.tenants t on t.uid = w.tenant_uid and t.state <> 'deleted'
            group by t.id order by sum(w.count) desc, t.id limit 100
            """);
        batch.Add("select report::text from catalog.reconciliations where coalesce(region, $1) = $1 order by at desc limit 1").With(regions.Here);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);

        List<TenantGroup> groups = await ReadGroupsAsync(reader, cancellationToken);
        Dictionary<string, long> spares = await ReadNextCountsAsync(reader, cancellationToken);
        Dictionary<string, long> operations = await ReadNextCountsAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        double? oldest = await reader.ReadAsync(cancellationToken) ? reader.Optional<double?>(0) : null;
        Dictionary<string, long> byModel = await ReadNextCountsAsync(reader, cancellationToken);
        List<VectorIndexView> indexes = await ReadIndexesAsync(reader, cancellationToken);
        WakesView wakes = new(await ReadNextCountsAsync(reader, cancellationToken), await ReadWakesAsync(reader, cancellationToken));
        await reader.NextResultAsync(cancellationToken);
        ReconciliationReport? report = await reader.ReadAsync(cancellationToken)
            ? JsonSerializer.Deserialize(reader.GetString(0), ReconciliationJson.Default.ReconciliationReport)
            : null;
        (Dictionary<string, long> documents, SweepView? sweep) = await ReadWorkAsync(cancellationToken);

        TenantGroup[] living = [.. groups.Where(group => group.State != TenantState.Deleted.ToName())];
        return new FleetOverview(
            new TenantCounts(Sum(groups, group => group.State), Sum(living, group => group.Region), Sum(living, group => group.Plan)),
            [Pool(groups, spares)],
            operations,
            oldest,
            documents,
            Sum(
                groups.Where(group => group.SchemaVersion is not null
                    && (group.State == TenantState.Active.ToName() || group.State == TenantState.Suspended.ToName())),
                group => group.SchemaVersion!.Value.ToString(CultureInfo.InvariantCulture)),
            groups.Where(group => group.State == TenantState.Active.ToName() && group.SchemaVersion < schema.Version).Sum(group => group.Count),
            byModel,
            [.. byModel.Keys.Where(model => models.Find(model) is null).Order(StringComparer.Ordinal)],
            indexes,
            wakes,
            report,
            sweep);
    }

    private async Task<(Dictionary<string, long> Documents, SweepView? Sweep)> ReadWorkAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.Batch();
        batch.Add("select last::text from work.sweeps where last is not null");
        batch.Add("select state, count(*) from work.documents group by state");
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        SweepView? sweep = await reader.ReadAsync(cancellationToken)
            ? JsonSerializer.Deserialize(reader.GetString(0), ReconciliationJson.Default.SweepView)
            : null;
        return (await ReadNextCountsAsync(reader, cancellationToken), sweep);
    }

    private WarmPoolView Pool(List<TenantGroup> groups, Dictionary<string, long> spares)
    {
        TenantGroup[] here = [.. groups.Where(group => group.Region == regions.Here)];
        return new WarmPoolView(
            regions.Here,
            options.Value.WarmPool.Size,
            spares.GetValueOrDefault("ready"),
            spares.GetValueOrDefault("making"),
            new WarmPoolUse(here.Sum(group => group.HitsOfDay), here.Sum(group => group.MissesOfDay)),
            new WarmPoolUse(here.Sum(group => group.Hits), here.Sum(group => group.Misses)));
    }

    private static async Task<List<TenantGroup>> ReadGroupsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        List<TenantGroup> groups = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            groups.Add(new TenantGroup(
                reader.GetString(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.Optional<int?>(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.GetInt64(6),
                reader.GetInt64(7)));
        }

        return groups;
    }

    private static async Task<Dictionary<string, long>> ReadNextCountsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        Dictionary<string, long> counts = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[reader.GetString(0)] = reader.GetInt64(1);
        }

        return counts;
    }

    private static async Task<List<VectorIndexView>> ReadIndexesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        List<VectorIndexView> indexes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            indexes.Add(new VectorIndexView(
                reader.GetString(0),
                reader.GetInt32(1),
                reader.Optional<double?>(2) is { } recall ? Math.Round(recall, 4) : null,
                reader.GetInt32(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.Optional<DateTimeOffset?>(5)));
        }

        return indexes;
    }

    private static async Task<List<TenantWakes>> ReadWakesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        List<TenantWakes> tenants = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            tenants.Add(new TenantWakes(
                reader.GetString(0),
                reader.GetFieldValue<string[]>(1).Zip(reader.GetFieldValue<long[]>(2)).ToDictionary(cause => cause.First, cause => cause.Second)));
        }

        return tenants;
    }

    private static Dictionary<string, long> Sum(IEnumerable<TenantGroup> groups, Func<TenantGroup, string> by) =>
        groups.GroupBy(by).ToDictionary(group => group.Key, group => group.Sum(each => each.Count));
}
