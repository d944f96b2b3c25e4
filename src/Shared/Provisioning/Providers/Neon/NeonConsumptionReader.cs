using Freehold.Neon;
using Freehold.Usage;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// Neon's count of what projects used. It comes up to an hour late, is asked for no oftener than every quarter of an hour, has a rate of its own, and
/// wakes no compute. Accounts without an organization have none.
/// </summary>
internal sealed class NeonConsumptionReader(NeonClient client, NeonPlaces places, IOptions<NeonOptions> neon)
{
    private static readonly Dictionary<string, Metric> Metrics = new()
    {
        ["compute_unit_seconds"] = Metric.ComputeUnitSeconds,
        ["root_branch_bytes_month"] = Metric.StoredByteMonths,
        ["instant_restore_bytes_month"] = Metric.HistoryByteMonths,
        ["public_network_transfer_bytes"] = Metric.TransferredBytes,
    };

    private readonly NeonClient _background = client.For(NeonPriority.Background);

    /// <summary>What the databases' projects used.</summary>
    public async Task<IReadOnlyList<DatabaseConsumption>> ReadAsync(
        IReadOnlyList<string> databases, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        if (neon.Value.OrgId is null)
        {
            return [];
        }

        IReadOnlyDictionary<string, string> projects = await places.FindIdsAsync([.. databases], cancellationToken);
        if (projects.Count == 0)
        {
            return [];
        }

        Dictionary<string, string> databaseOf = projects.ToDictionary(project => project.Value, project => project.Key);
        List<DatabaseConsumption> found = [];
        NeonConsumptionQuery? query = new(Begin(from), Begin(to.AddDays(1)), "daily", [.. Metrics.Keys]) { ProjectIds = [.. projects.Values] };
        while (query is not null)
        {
            NeonConsumptionPage page = await _background.GetConsumptionAsync(query, cancellationToken);
            found.AddRange(page.Projects
                .Where(project => databaseOf.ContainsKey(project.ProjectId))
                .Select(project => Of(databaseOf[project.ProjectId], project.Periods)));
            query = page.Next is { } next ? query with { Cursor = next } : null;
        }

        return found;
    }

    private static DatabaseConsumption Of(string database, IReadOnlyList<NeonConsumptionPeriod> periods)
    {
        // A period is a month; the present one has no end yet.
        DateTimeOffset? resetsAt = periods.Count == 0
            ? null
            : periods.Max(period => period.PeriodEnd is { } end && end > period.PeriodStart ? end : period.PeriodStart.AddMonths(1));
        var amounts =
            from period in periods
            from span in period.Consumption
            from metric in span.Metrics
            where Metrics.ContainsKey(metric.MetricName)
            group metric.Value by (Day: DateOnly.FromDateTime(span.TimeframeStart.UtcDateTime), Metric: Metrics[metric.MetricName]) into day
            select (day.Key.Day, day.Key.Metric, day.Sum());
        return new DatabaseConsumption(database, resetsAt, [.. amounts]);
    }

    private static DateTimeOffset Begin(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
