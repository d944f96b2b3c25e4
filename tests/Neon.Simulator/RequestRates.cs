namespace Freehold.Neon.Simulator;

/// <summary>Counts requests as the service does, and refuses those that are too many.</summary>
public sealed class RequestRates
{
    private readonly Lock _lock = new();
    private readonly Queue<long> _minute = [];
    private readonly Dictionary<string, Queue<long>> _seconds = [];
    private readonly TimeProvider _time;

    internal RequestRates(TimeProvider time) => _time = time;

    /// <summary>Requests in any minute. Default 700.</summary>
    public int PerMinute { get; set; } = 700;

    /// <summary>Requests of one route in any second. Default 40.</summary>
    public int PerSecondAndRoute { get; set; } = 40;

    /// <summary>What a refusal says about when to come back; null if nothing.</summary>
    public TimeSpan? RetryAfter { get; set; }

    /// <summary>The most that came in any minute.</summary>
    public int HighestPerMinute { get; private set; }

    /// <summary>The most that came in any second for one route.</summary>
    public int HighestPerSecondAndRoute { get; private set; }

    /// <summary>How many were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>All that came.</summary>
    public int Total { get; private set; }

    /// <summary>A request comes.</summary>
    /// <returns>Whether it may pass.</returns>
    internal bool Count(string route)
    {
        lock (_lock)
        {
            if (!_seconds.TryGetValue(route, out Queue<long>? second))
            {
                _seconds.Add(route, second = []);
            }

            Total++;
            HighestPerMinute = Math.Max(HighestPerMinute, Add(_minute, TimeSpan.FromMinutes(1)));
            HighestPerSecondAndRoute = Math.Max(HighestPerSecondAndRoute, Add(second, TimeSpan.FromSeconds(1)));
            bool passes = _minute.Count <= PerMinute && second.Count <= PerSecondAndRoute;
            Refused += passes ? 0 : 1;
            return passes;
        }
    }

    private int Add(Queue<long> times, TimeSpan span)
    {
        times.Enqueue(_time.GetTimestamp());
        while (_time.GetElapsedTime(times.Peek()) >= span)
        {
            times.Dequeue();
        }

        return times.Count;
    }
}
