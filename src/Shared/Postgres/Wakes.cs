using System.Collections.Concurrent;
using Freehold.Usage;

namespace Freehold.Postgres;

/// <summary>
/// Counts when this host wakes tenants' computes, and for what. Nobody is asked: a compute is taken to be awake for as long as this host has a
/// connection, and its time to fall asleep longer. One that another host keeps awake is counted all the same.
/// </summary>
internal sealed class Wakes(Meter meter, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _awakeUntil = new();

    /// <summary>Somebody has connected.</summary>
    public void Entered(Guid tenantUid, WakeCause cause, TimeSpan sleepsAfter)
    {
        DateTimeOffset now = time.GetUtcNow();
        bool wasAwake = _awakeUntil.TryGetValue(tenantUid, out DateTimeOffset until) && until > now;
        _awakeUntil[tenantUid] = now + sleepsAfter;
        if (!wasAwake)
        {
            meter.Count(tenantUid, MetricOf(cause));
        }
    }

    /// <summary>A connection is idle from now on, and is closed after a while.</summary>
    public void Left(Guid tenantUid, TimeSpan closedAfter, TimeSpan sleepsAfter) =>
        _awakeUntil[tenantUid] = time.GetUtcNow() + closedAfter + sleepsAfter;

    /// <summary>Forgets those that sleep.</summary>
    public void ForgetSleeping()
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((Guid tenantUid, DateTimeOffset until) in _awakeUntil)
        {
            if (until <= now)
            {
                _awakeUntil.TryRemove(KeyValuePair.Create(tenantUid, until));
            }
        }
    }

    private static Metric MetricOf(WakeCause cause) => cause switch
    {
        WakeCause.Search => Metric.WakesForSearch,
        WakeCause.Reading => Metric.WakesForReading,
        WakeCause.Documents => Metric.WakesForDocuments,
        WakeCause.Evaluation => Metric.WakesForEvaluation,
        _ => Metric.WakesForModelChange,
    };
}
