using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Usage;

/// <summary>A tenant's use on one day (UTC).</summary>
public sealed record DayOfUsage(
    DateOnly Day,
    long Queries,
    long RefusedQueries,
    long DocumentsIngested,
    long BytesIngested,
    long ChunksEmbedded,
    long TokensEmbedded,
    long Answers,
    long ChatTokensIn,
    long ChatTokensOut,
    long PassagesReranked,
    long AwakeSeconds,
    long ComputeUnitSeconds,
    long StoredByteMonths,
    long HistoryByteMonths,
    long TransferredBytes)
{
    internal static DayOfUsage Of(DateOnly day, Func<Metric, long> amount) => new(
        day,
        amount(Metric.Queries),
        amount(Metric.RefusedQueries),
        amount(Metric.DocumentsIngested),
        amount(Metric.BytesIngested),
        amount(Metric.ChunksEmbedded),
        amount(Metric.TokensEmbedded),
        amount(Metric.Answers),
        amount(Metric.ChatTokensIn),
        amount(Metric.ChatTokensOut),
        amount(Metric.PassagesReranked),
        amount(Metric.AwakeSeconds),
        amount(Metric.ComputeUnitSeconds),
        amount(Metric.StoredByteMonths),
        amount(Metric.HistoryByteMonths),
        amount(Metric.TransferredBytes));
}

/// <summary>One line of an estimate.</summary>
public sealed record CostPart(string Name, decimal Quantity, decimal UnitPrice, decimal Amount);

/// <summary>What a month costs by the configured prices: its use so far, and what is stored now for the whole of it.</summary>
public sealed record CostEstimate(string Month, string Currency, decimal Amount, IReadOnlyList<CostPart> Parts);

/// <summary>What a tenant has used, has, may have, and costs.</summary>
public sealed record UsageReport(
    string Tenant,
    string Plan,
    DateOnly From,
    DateOnly To,
    IReadOnlyList<DayOfUsage> Days,
    Totals Totals,
    Plan Limits,
    CostEstimate Estimate);

/// <summary>Reports a tenant's use without waking its database. What hosts have counted in the last seconds is not in it yet.</summary>
public sealed class ReadUsage(
    TenantCatalog tenants, Regions regions, Plans plans, UsageStore store, TenantTotals totals, IOptions<UsageOptions> options, TimeProvider time)
{
    private const int MostDays = 366;

    /// <summary>Reports on a period of whole days, both ends included; by default the present month.</summary>
    /// <exception cref="MisdirectedRegionException">The tenant's documents are in another region.</exception>
    /// <exception cref="InvalidInputException">It ends before it begins, or is longer than 366 days.</exception>
    public async Task<UsageReport> RunAsync(TenantId tenantId, DateOnly? from, DateOnly? to, CancellationToken cancellationToken)
    {
        DateOnly today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        DateOnly last = to ?? (from > today ? from.Value : today);
        DateOnly first = from ?? FirstOfMonth(last);
        if (first > last || last.DayNumber - first.DayNumber >= MostDays)
        {
            throw new InvalidInputException("invalid-period", $"A period has 1 to {MostDays} days: 'from' is its first, 'to' its last.");
        }

        Tenant tenant = await tenants.FindAsync(tenantId, cancellationToken) ?? throw new TenantNotFoundException();
        regions.RequireHere(tenant.Region);
        DateOnly month = FirstOfMonth(last);
        DateOnly monthEnd = new(month.Year, month.Month, DateTime.DaysInMonth(month.Year, month.Month));
        IReadOnlyList<DayOfUsage> known = await store.ReadAsync(tenant.Uid, first < month ? first : month, monthEnd, cancellationToken);
        Totals present = await totals.FindAsync(tenant.Uid, cancellationToken);
        return new UsageReport(
            tenant.Id.Value,
            tenant.Plan,
            first,
            last,
            [.. known.Where(day => day.Day >= first && day.Day <= last)],
            present,
            plans.Of(tenant.Plan),
            Estimate(month, [.. known.Where(day => day.Day >= month)], present));
    }

    private static DateOnly FirstOfMonth(DateOnly day) => new(day.Year, day.Month, 1);

    private CostEstimate Estimate(DateOnly month, IReadOnlyList<DayOfUsage> days, Totals present)
    {
        PriceTable prices = options.Value.Prices;
        CostPart[] parts =
        [
            Part("tenant-months", 1, prices.TenantMonth),
            Part("gibibyte-months", present.Bytes / (decimal)(1L << 30), prices.GibibyteMonth),
            Part("thousand-queries", days.Sum(day => day.Queries) / 1_000m, prices.ThousandQueries),
            Part("million-tokens", days.Sum(day => day.TokensEmbedded) / 1_000_000m, prices.MillionTokens),
        ];
        return new CostEstimate(
            month.ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture),
            prices.Currency,
            Math.Round(parts.Sum(part => part.Amount), 2),
            parts);
    }

    private static CostPart Part(string name, decimal quantity, decimal unitPrice) =>
        new(name, Math.Round(quantity, 6), unitPrice, Math.Round(quantity * unitPrice, 4));
}
