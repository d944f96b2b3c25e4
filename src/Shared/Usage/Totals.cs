using Freehold.Tenants;

namespace Freehold.Usage;

/// <summary>What a tenant's documents amount to. Documents that its plan had no room for do not count.</summary>
public sealed record Totals(long Documents, long Bytes, long Chunks)
{
    // Counted, and not written down yet: whoever counts what is written does not see them, and must not be that near the limit.
    private const int OnTheirWay = 32;

    internal static Totals Nothing { get; } = new(0, 0, 0);

    internal Totals Plus(Totals other) => new(Documents + other.Documents, Bytes + other.Bytes, Chunks + other.Chunks);

    internal bool AreFarFromLimits(Plan plan) =>
        IsFar(Documents, plan.MaxDocuments) && !(Documents + OnTheirWay > plan.MaxDocuments)
        && IsFar(Bytes, plan.MaxStoredBytes) && IsFar(Chunks, plan.MaxChunks);

    private static bool IsFar(long used, long? limit) => limit is null || used <= limit * 0.9;
}

/// <summary>A tenant's totals as the work store had them a moment ago, with what this host has added since.</summary>
internal sealed class RunningTotals(TimeProvider time)
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Totals _totals = Totals.Nothing;
    private Totals _added = Totals.Nothing;
    private long? _asked;

    public bool IsStale
    {
        get
        {
            lock (_lock)
            {
                return _asked is not { } asked || time.GetElapsedTime(asked) >= Moment;
            }
        }
    }

    public bool IsFar(Plan plan, Totals addition, bool isAdded)
    {
        lock (_lock)
        {
            Totals sum = _totals.Plus(addition);
            bool far = sum.AreFarFromLimits(plan);
            if (far && isAdded)
            {
                _totals = sum;
                _added = _added.Plus(addition);
            }

            return far;
        }
    }

    public void Renew(Totals found)
    {
        lock (_lock)
        {
            if (IsStale)
            {
                // What was added last may not be written down yet. Counting it twice for a moment only means to be careful sooner.
                _totals = found.Plus(_added);
                _added = Totals.Nothing;
                _asked = time.GetTimestamp();
            }
        }
    }
}
