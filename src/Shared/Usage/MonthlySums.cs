using Microsoft.Extensions.Caching.Memory;

namespace Freehold.Usage;

/// <summary>
/// How much of one metric tenants have used this month (UTC), over all hosts, a few seconds late for what others count. Who adds to a metric says so
/// here, so that this host's own is counted at once.
/// </summary>
internal sealed class MonthlySums(Metric metric, Meter meter, UsageFlush flush, UsageStore store, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(10);
    private const int MostCachedTenants = 20_000;

    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MostCachedTenants });

    /// <summary>When the next month begins.</summary>
    public DateTimeOffset NextMonth => new(FirstOfMonth.AddMonths(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private DateOnly FirstOfMonth
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow();
            return new DateOnly(now.Year, now.Month, 1);
        }
    }

    /// <summary>Adds to a tenant's sum.</summary>
    public void Count(Guid tenantUid, long amount)
    {
        meter.Count(tenantUid, metric, amount);
        if (_remembered.TryGetValue(tenantUid, out Sum? sum))
        {
            Interlocked.Add(ref sum!.Amount, amount);
        }
    }

    /// <summary>The tenant's sum.</summary>
    public async Task<long> FindAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        DateOnly month = FirstOfMonth;
        if (!_remembered.TryGetValue(tenantUid, out Sum? sum) || sum!.Month != month)
        {
            // What this host has counted is in the catalog then.
            await flush.RunAsync(cancellationToken);
            sum = new Sum(month, await store.SumAsync(tenantUid, metric, month, cancellationToken));
            _remembered.Set(tenantUid, sum, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Moment });
        }

        return Interlocked.Read(ref sum.Amount);
    }

    public void Dispose() => _remembered.Dispose();

    private sealed class Sum(DateOnly month, long amount)
    {
        public long Amount = amount;

        public DateOnly Month { get; } = month;
    }
}
