namespace Freehold.Neon.Simulator;

/// <summary>A compute: asleep or awake, by who is connected and for how long nobody was. Not safe for threads.</summary>
internal sealed class SimulatedCompute
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    private readonly HashSet<CancellationTokenSource> _connections = [];
    private bool _sleeps;
    private DateTimeOffset _lastUsed;

    public ComputeSizes Sizes { get; set; } = new(0.25, 0.25, 0);

    public bool IsDisabled { get; set; }

    /// <summary>Whether the quota is used up, so that it sleeps whoever comes.</summary>
    public bool IsOverQuota { get; set; }

    /// <summary>When a wake that is under way ends.</summary>
    public DateTimeOffset AwakeAt { get; private set; }

    public int Connections => _connections.Count;

    public bool Sleeps(DateTimeOffset now, TimeSpan? timeout)
    {
        TimeSpan patience = timeout ?? (Sizes.SuspendTimeoutSeconds switch
        {
            0 => DefaultTimeout,
            < 0 => TimeSpan.MaxValue,
            long seconds => TimeSpan.FromSeconds(seconds),
        });
        _sleeps |= IsOverQuota || (_connections.Count == 0 && now >= AwakeAt && now - _lastUsed > patience);
        return _sleeps;
    }

    public void Wake(DateTimeOffset now, TimeSpan coldStart)
    {
        _sleeps = false;
        AwakeAt = _lastUsed = now + coldStart;
    }

    /// <summary>Sleeps, and cuts whoever is connected.</summary>
    public void Sleep()
    {
        _sleeps = true;
        foreach (CancellationTokenSource connection in _connections)
        {
            connection.CancelAsync();
        }
    }

    public void Open(CancellationTokenSource connection) => _connections.Add(connection);

    public void Close(CancellationTokenSource connection, DateTimeOffset now)
    {
        _connections.Remove(connection);
        _lastUsed = now;
    }
}
