using System.Collections.ObjectModel;
using System.Runtime.InteropServices;

namespace Freehold.Usage;

/// <summary>What is counted, for whom, on which day.</summary>
internal readonly record struct UsageKey(Guid TenantUid, DateOnly Day, Metric Metric);

/// <summary>
/// Counts what tenants use, in memory. A count costs an entry in a dictionary, at most, and waits for nobody;
/// <see cref="UsageFlush"/> writes it down.
/// </summary>
public sealed class Meter(TimeProvider time)
{
    private const int ManyEntries = 10_000;

    private readonly Lock _lock = new();
    private Dictionary<UsageKey, long> _counts = [];
    private TaskCompletionSource _crowded = NewSignal();

    /// <summary>Done when there is so much that it should not wait for the next flush.</summary>
    internal Task Crowded
    {
        get
        {
            lock (_lock)
            {
                return _crowded.Task;
            }
        }
    }

    /// <summary>Adds to a tenant's use today.</summary>
    public void Count(Guid tenantUid, Metric metric, long amount = 1)
    {
        UsageKey key = new(tenantUid, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), metric);
        lock (_lock)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, key, out _) += amount;
            if (_counts.Count >= ManyEntries)
            {
                _crowded.TrySetResult();
            }
        }
    }

    /// <summary>Takes all counts away, to be written down.</summary>
    internal IReadOnlyDictionary<UsageKey, long> Take()
    {
        lock (_lock)
        {
            if (_counts.Count == 0)
            {
                return ReadOnlyDictionary<UsageKey, long>.Empty;
            }

            Dictionary<UsageKey, long> taken = _counts;
            _counts = new Dictionary<UsageKey, long>(Math.Min(taken.Count, ManyEntries));
            _crowded = NewSignal();
            return taken;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
