namespace Freehold.Usage;

/// <summary>
/// So many a minute, evenly, and at once as many as 10 seconds are worth. The framework's own limiter knows neither an injected
/// clock nor a tenant that has gone away.
/// </summary>
internal sealed class TokenBucket(int perMinute, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly double _capacity = Math.Max(1, perMinute / 6);
    private double _tokens = Math.Max(1, perMinute / 6);
    private long _filled = time.GetTimestamp();

    public int PerMinute { get; } = perMinute;

    /// <summary>Takes one, or says how long it takes until there is one.</summary>
    public bool TryTake(out TimeSpan wait)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            _tokens = Math.Min(_capacity, _tokens + (time.GetElapsedTime(_filled, now).TotalMinutes * PerMinute));
            _filled = now;
            bool taken = _tokens >= 1;
            wait = taken ? TimeSpan.Zero : TimeSpan.FromMinutes((1 - _tokens) / PerMinute);
            _tokens -= taken ? 1 : 0;
            return taken;
        }
    }

    /// <summary>Puts one back that was of no use.</summary>
    public void GiveBack()
    {
        lock (_lock)
        {
            _tokens = Math.Min(_capacity, _tokens + 1);
        }
    }
}
