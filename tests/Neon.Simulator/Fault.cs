namespace Freehold.Neon.Simulator;

/// <summary>What can go wrong with a request.</summary>
public enum FaultKind
{
    /// <summary>
    /// 429. Here and wherever a fault comes instead of the effect, <see cref="Fault.Delay"/> is told as <c>Retry-After</c>.
    /// </summary>
    TooManyRequests,

    /// <summary>423, as if an operation ran.</summary>
    Locked,

    /// <summary>422 <c>branch not ready yet</c>.</summary>
    BranchNotReady,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>422 <c>PROJECTS_LIMIT_EXCEEDED</c>.</summary>
    ProjectsLimit,

    /// <summary>An error (<see cref="Fault.Status"/>) instead of the effect.</summary>
    ErrorBefore,

    /// <summary>An error (<see cref="Fault.Status"/>) after the effect.</summary>
    ErrorAfter,

    /// <summary>The connection is cut instead of the effect.</summary>
    CutBefore,

    /// <summary>The connection is cut after the effect: the answer is lost.</summary>
    CutAfter,

    /// <summary>The last operation that the request starts fails.</summary>
    OperationFails,

    /// <summary>The answer takes longer by <see cref="Fault.Delay"/>.</summary>
    Slow,

    /// <summary>The effect comes later by <see cref="Fault.Delay"/>, whether anybody waits for it or not.</summary>
    Late,

    /// <summary>The answer has members and values that nobody knows.</summary>
    Unknown,

    /// <summary>A list of projects lacks those that were made, and says only that they could not be read in time.</summary>
    Unavailable,
}

/// <summary>Something that goes wrong with one request.</summary>
public sealed record Fault(FaultKind Kind)
{
    /// <summary>The status of errors.</summary>
    public int Status { get; init; } = 500;

    /// <summary>How long, where a fault takes time or names one.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Whether <c>Retry-After</c> is a date instead of seconds.</summary>
    public bool NamesDate { get; init; }

    /// <summary>The method it waits for; null for any.</summary>
    public string? Method { get; init; }

    /// <summary>The end of the route it waits for, such as <c>projects</c> or <c>suspend</c>; null for any.</summary>
    public string? Route { get; init; }

    internal bool Fits(string method, string route) =>
        (Method is null || Method == method) && (Route is null || route == Route || route.EndsWith('/' + Route, StringComparison.Ordinal));
}
