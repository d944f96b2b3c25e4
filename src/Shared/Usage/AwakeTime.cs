using Freehold.Tenants;

namespace Freehold.Usage;

/// <summary>
/// For how long tenants' computes were awake this month, as the hosts count it themselves: at once, where a provider's own figures come up to an hour
/// late. Hosts that have one awake at the same time count it twice.
/// </summary>
public sealed class AwakeTime(Plans plans, Meter meter, UsageFlush flush, UsageStore store, TimeProvider time) : IDisposable
{
    private readonly MonthlySums _sums = new(Metric.AwakeSeconds, meter, flush, store, time);

    /// <inheritdoc/>
    public void Dispose() => _sums.Dispose();

    /// <summary>Adds to a tenant's time.</summary>
    internal void Count(Guid tenantUid, TimeSpan awake) => _sums.Count(tenantUid, (long)awake.TotalSeconds);

    /// <summary>Refuses to wake a compute whose time for this month is over.</summary>
    /// <exception cref="AwakeTimeExceededException">It is.</exception>
    internal async ValueTask RequireAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        if (plans.Of(tenant.Plan).AwakeSecondsPerMonth is { } limit
            && await _sums.FindAsync(tenant.Uid, cancellationToken) is var used && used >= limit)
        {
            throw new AwakeTimeExceededException(Shortage.OfAwakeTime(limit, used)) { ResetsAt = _sums.NextMonth };
        }
    }
}
