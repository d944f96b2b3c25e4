namespace Freehold.Neon.Simulator;

/// <summary>A project's operations, one after the other. Where one stands follows from the clock alone. Not safe for threads.</summary>
internal sealed class OperationLine
{
    private readonly List<SimulatedOperation> _operations = [];

    public IReadOnlyList<SimulatedOperation> All => _operations;

    /// <summary>Whether one has not ended.</summary>
    public bool IsBusy(DateTimeOffset now) => _operations.Count > 0 && _operations[^1].Ends > now;

    /// <summary>Whether those of its creation, which are the first two, have ended.</summary>
    public bool HasBeenCreated(DateTimeOffset now) => _operations.Take(2).All(operation => operation.Ends <= now);

    /// <summary>Puts operations at the end.</summary>
    /// <param name="actions">What they do, by Neon's names.</param>
    /// <param name="now">The time.</param>
    /// <param name="each">How long each takes.</param>
    /// <param name="error">Why the last of them fails; null if it does not.</param>
    public IReadOnlyList<SimulatedOperation> Add(IReadOnlyList<string> actions, DateTimeOffset now, TimeSpan each, string? error)
    {
        DateTimeOffset starts = IsBusy(now) ? _operations[^1].Ends : now;
        List<SimulatedOperation> added = [];
        foreach (string action in actions)
        {
            added.Add(new(Guid.NewGuid(), action, now, starts, starts + each, action == actions[^1] ? error : null));
            starts += each;
        }

        _operations.AddRange(added);
        return added;
    }

    /// <summary>What the compute is about to be, if an operation is under way that changes it.</summary>
    public string? PendingState(DateTimeOffset now) =>
        _operations.LastOrDefault(operation => operation.Ends > now && operation.Action is "start_compute" or "suspend_compute")?.Action switch
        {
            "start_compute" => "active",
            "suspend_compute" => "idle",
            _ => null,
        };
}

/// <summary>One operation.</summary>
internal sealed record SimulatedOperation(
    Guid Id, string Action, DateTimeOffset CreatedAt, DateTimeOffset Starts, DateTimeOffset Ends, string? Error)
{
    public string Status(DateTimeOffset now) => now < Starts ? "scheduling" : now < Ends ? "running" : Error is null ? "finished" : "failed";
}
