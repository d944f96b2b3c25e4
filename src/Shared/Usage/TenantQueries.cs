using Freehold.Tenants;

namespace Freehold.Usage;

/// <summary>One tenant's queries on this host.</summary>
internal sealed class TenantQueries(Plan plan, TimeProvider time)
{
    private readonly Lock _lock = new();
    private int _present;
    private long _lastUse = time.GetTimestamp();
    private bool _retired;

    public TokenBucket Bucket { get; } = new(plan.QueriesPerMinute ?? int.MaxValue, time);

    public SemaphoreSlim Gate { get; } = new(plan.ConcurrentSearches ?? int.MaxValue);

    public int Places { get; } = plan.ConcurrentSearches ?? int.MaxValue;

    public bool IsOf(Plan other) =>
        Bucket.PerMinute == (other.QueriesPerMinute ?? int.MaxValue) && Places == (other.ConcurrentSearches ?? int.MaxValue);

    /// <returns>False when it has been forgotten: its limits may be counted elsewhere already.</returns>
    public bool TryJoin()
    {
        lock (_lock)
        {
            _present += _retired ? 0 : 1;
            return !_retired;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _present--;
            _lastUse = time.GetTimestamp();
        }
    }

    /// <summary>Ends it if nobody has used it for so long, by when its bucket is full again.</summary>
    public bool TryRetire(TimeSpan idle)
    {
        lock (_lock)
        {
            _retired = _retired || (_present == 0 && time.GetElapsedTime(_lastUse) >= idle);
            return _retired;
        }
    }
}
