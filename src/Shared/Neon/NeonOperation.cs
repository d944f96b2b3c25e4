namespace Freehold.Neon;

/// <summary>Something that Neon does in the background. An unknown status is taken for one that goes on.</summary>
internal sealed record NeonOperation
{
    public required string Id { get; init; }

    public required string Action { get; init; }

    public required string Status { get; init; }

    public string? Error { get; init; }

    /// <summary>Attempts that failed; more than none says nothing of how it ends.</summary>
    public int FailuresCount { get; init; }

    internal bool IsDone => Status is "finished" or "skipped";

    internal bool HasFailed => Status is "failed" or "error" or "cancelled";
}

/// <summary>A page of operations.</summary>
internal sealed record NeonOperations
{
    public required IReadOnlyList<NeonOperation> Operations { get; init; }
}

/// <summary>One operation.</summary>
internal sealed record NeonOperationAnswer
{
    public required NeonOperation Operation { get; init; }
}
