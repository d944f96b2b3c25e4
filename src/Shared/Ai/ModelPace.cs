namespace Freehold.Ai;

/// <summary>How a model is asked: how patiently, how often again, and how much at a time.</summary>
/// <param name="Model">Its name, for the log.</param>
internal sealed record ModelPace(string Model)
{
    /// <summary>How long one attempt may take.</summary>
    public required TimeSpan AttemptTimeout { get; init; }

    /// <summary>How long a request may take, with waiting for its turn and all attempts.</summary>
    public required TimeSpan TotalTimeout { get; init; }

    /// <summary>The same for a request for which somebody waits.</summary>
    public required TimeSpan QueryTimeout { get; init; }

    /// <summary>Pause before the second attempt, doubled for each further one, unless the endpoint names one.</summary>
    public required TimeSpan FirstPause { get; init; }

    /// <summary>How long a model that fails too often is left alone.</summary>
    public required TimeSpan BreakDuration { get; init; }

    /// <summary>Attempts after the first.</summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>Requests at a time; by default any number.</summary>
    public int ConcurrentRequests { get; init; } = int.MaxValue;

    /// <summary>Requests a minute; null without a limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Tokens a minute; null without a limit.</summary>
    public int? TokensPerMinute { get; init; }
}
