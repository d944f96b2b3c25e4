using Freehold.Neon.Simulator;

namespace Freehold.Bench.Onboard;

/// <summary>
/// Everything that the simulator lets go wrong and that passes, each in the same part of the requests. A key that is refused and an account that
/// is full do not pass: they end an operation at once, and are not among these.
/// </summary>
internal static class NeonFaults
{
    private static readonly Fault[] Kinds =
    [
        new(FaultKind.TooManyRequests),
        new(FaultKind.TooManyRequests) { Delay = TimeSpan.FromSeconds(1) },
        new(FaultKind.Locked),
        new(FaultKind.ErrorBefore) { Status = 500 },
        new(FaultKind.ErrorBefore) { Status = 502 },
        new(FaultKind.ErrorBefore) { Status = 503 },
        new(FaultKind.ErrorAfter) { Status = 500 },
        new(FaultKind.ErrorAfter) { Status = 504 },
        new(FaultKind.CutBefore),
        new(FaultKind.CutAfter),
        new(FaultKind.OperationFails),
        new(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(2) },
        new(FaultKind.Unknown),
        new(FaultKind.Unavailable) { Method = "GET", Route = "projects" },
    ];

    /// <summary>How many kinds there are.</summary>
    public static int Count => Kinds.Length;

    /// <summary>Lets them happen, each with this chance.</summary>
    public static void Happen(FaultPlan plan, int seed, double chance) =>
        plan.ByChance(seed, [.. Kinds.Select(kind => (kind, chance))]);
}
