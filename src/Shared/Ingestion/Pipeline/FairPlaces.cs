using System.Threading.RateLimiting;

namespace Freehold.Ingestion;

/// <summary>So many places in all, of which one tenant takes only some; the rest of its work waits without being in others' way.</summary>
internal sealed class FairPlaces : IDisposable
{
    private readonly PartitionedRateLimiter<Guid> _limiter;

    public FairPlaces(int places, int ofOneTenant) => _limiter = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<Guid, Guid>(tenant => RateLimitPartition.GetConcurrencyLimiter(tenant, _ => InOrder(ofOneTenant))),
        PartitionedRateLimiter.Create<Guid, int>(_ => RateLimitPartition.GetConcurrencyLimiter(0, _ => InOrder(places))));

    /// <summary>Waits for a place.</summary>
    /// <returns>Dispose it to leave.</returns>
    public async ValueTask<IDisposable> EnterAsync(Guid tenantUid, CancellationToken cancellationToken) =>
        await _limiter.AcquireAsync(tenantUid, 1, cancellationToken);

    /// <summary>Takes so many places if they are free.</summary>
    /// <returns>Dispose it to leave. Null when they are not.</returns>
    public IDisposable? TryEnter(Guid tenantUid, int places)
    {
        RateLimitLease lease = _limiter.AttemptAcquire(tenantUid, places);
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    public void Dispose() => _limiter.Dispose();

    private static ConcurrencyLimiterOptions InOrder(int places) =>
        new() { PermitLimit = places, QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
}
