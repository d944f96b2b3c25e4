namespace Freehold.Neon.Simulator;

/// <summary>A request that came, and its answer.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Route">Its route's template, such as <c>projects/{project}</c>.</param>
/// <param name="Path">Its path and query.</param>
/// <param name="Body">Its body; empty without one, or where bodies are not kept.</param>
/// <param name="Fault">What went wrong with it, if something was made to.</param>
/// <param name="Status">The answer's status, sent or lost.</param>
/// <param name="Answer">The answer's body; null where bodies are not kept.</param>
/// <param name="RequestId">Its <c>X-Request-ID</c>.</param>
/// <param name="At">When it was answered.</param>
public sealed record SimulatedRequest(
    string Method,
    string Route,
    string Path,
    string Body,
    FaultKind? Fault,
    int Status,
    string? Answer,
    string? RequestId,
    DateTimeOffset At);
