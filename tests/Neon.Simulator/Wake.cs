namespace Freehold.Neon.Simulator;

/// <summary>A connection that woke a compute.</summary>
/// <param name="ProjectId">Whose.</param>
/// <param name="ApplicationName">Who connected, by the startup message.</param>
/// <param name="IsPooled">Whether by the pooler's host.</param>
/// <param name="At">When.</param>
public sealed record Wake(string ProjectId, string ApplicationName, bool IsPooled, DateTimeOffset At);
