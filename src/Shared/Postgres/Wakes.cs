using System.Collections.Concurrent;
using Freehold.Tenants;
using Freehold.Usage;

namespace Freehold.Postgres;

/// <summary>
/// Counts when this host wakes tenants' computes, for what, and for how long they are awake, and wakes none whose time is over. Nobody is asked: a
/// compute is taken to be awake for as long as this host has a connection, and its time to fall asleep longer. One that another host keeps awake is
/// counted all the same.
/// </summary>
public sealed class Wakes(Meter meter, AwakeTime awakeTime, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _awakeUntil = new();

    /// <summary>Whether the tenant's compute may be entered.</summary>
    /// <exception cref="AwakeTimeExceededException">It sleeps, and its plan has no time left for it.</exception>
    internal ValueTask RequireAsync(TenantPlacement tenant, CancellationToken cancellationToken) =>
        IsAwake(tenant.Uid) ? ValueTask.CompletedTask : awakeTime.RequireAsync(tenant, cancellationToken);

    /// <summary>Somebody has connected.</summary>
    internal void Entered(Guid tenantUid, WakeCause cause, TimeSpan sleepsAfter)
    {
        if (!IsAwake(tenantUid))
        {
            meter.Count(tenantUid, MetricOf(cause));
        }

        Stay(tenantUid, sleepsAfter);
    }

    /// <summary>The compute has just been made, and is awake: nobody woke it.</summary>
    internal void Made(Guid tenantUid, TimeSpan sleepsAfter) => Stay(tenantUid, sleepsAfter);

    /// <summary>A connection is idle from now on, and is closed after a while.</summary>
    internal void Left(Guid tenantUid, TimeSpan closedAfter, TimeSpan sleepsAfter) => Stay(tenantUid, closedAfter + sleepsAfter);

    /// <summary>Forgets those that sleep.</summary>
    internal void ForgetSleeping()
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

    private bool IsAwake(Guid tenantUid) => _awakeUntil.TryGetValue(tenantUid, out DateTimeOffset until) && until > time.GetUtcNow();

    /// <summary>Counts whole seconds: a busy tenant's many short steps would each be rounded to nothing.</summary>
    private void Stay(Guid tenantUid, TimeSpan span)
    {
        DateTimeOffset now = time.GetUtcNow();
        TimeSpan more = TimeSpan.Zero;
        _awakeUntil.AddOrUpdate(
            tenantUid,
            _ => now + (more = WholeSeconds(span)),
            (_, until) =>
            {
                DateTimeOffset from = until > now ? until : now;
                return from + (more = WholeSeconds(now + span - from));
            });
        if (more > TimeSpan.Zero)
        {
            awakeTime.Count(tenantUid, more);
        }
    }

    private static TimeSpan WholeSeconds(TimeSpan span) => TimeSpan.FromSeconds(Math.Max(0, Math.Floor(span.TotalSeconds)));

    private static Metric MetricOf(WakeCause cause) => cause switch
    {
        WakeCause.Search => Metric.WakesForSearch,
        WakeCause.Reading => Metric.WakesForReading,
        WakeCause.Documents => Metric.WakesForDocuments,
        WakeCause.Evaluation => Metric.WakesForEvaluation,
        WakeCause.ModelChange => Metric.WakesForModelChange,
        _ => Metric.WakesForUpkeep,
    };
}
