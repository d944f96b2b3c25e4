namespace Freehold.Neon;

/// <summary>A branch of a project.</summary>
internal sealed record NeonBranch
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Whether it is the project's own; every project has one that is.</summary>
    public bool Default { get; init; }

    /// <summary>Bytes of its data; null where Neon has not measured it.</summary>
    public long? LogicalSize { get; init; }
}

/// <summary>A page of branches.</summary>
internal sealed record NeonBranches
{
    public required IReadOnlyList<NeonBranch> Branches { get; init; }

    public NeonCursor? Pagination { get; init; }
}

/// <summary>A compute of a branch.</summary>
internal sealed record NeonEndpoint
{
    public required string Id { get; init; }

    public required string BranchId { get; init; }

    /// <summary>Where connections go that need a session.</summary>
    public required string Host { get; init; }

    /// <summary><c>read_write</c> or <c>read_only</c>.</summary>
    public required string Type { get; init; }

    /// <summary><c>init</c>, <c>active</c> or <c>idle</c>.</summary>
    public required string CurrentState { get; init; }

    public bool Disabled { get; init; }

    public double AutoscalingLimitMinCu { get; init; }

    public double AutoscalingLimitMaxCu { get; init; }

    public long SuspendTimeoutSeconds { get; init; }
}

/// <summary>Computes of a project.</summary>
internal sealed record NeonEndpoints
{
    public required IReadOnlyList<NeonEndpoint> Endpoints { get; init; }
}

/// <summary>A compute that was asked to change, and the operations that change it.</summary>
internal sealed record NeonEndpointChange
{
    public required NeonEndpoint Endpoint { get; init; }

    public IReadOnlyList<NeonOperation> Operations { get => field ?? []; init; }
}

/// <summary>How a compute is to be; what is null stays.</summary>
internal sealed record NeonEndpointUpdate
{
    public double? AutoscalingLimitMinCu { get; init; }

    public double? AutoscalingLimitMaxCu { get; init; }

    /// <summary>0 is Neon's default, -1 never.</summary>
    public long? SuspendTimeoutSeconds { get; init; }

    /// <summary>Whether nobody may start it; Neon's own checks may all the same.</summary>
    public bool? Disabled { get; init; }
}

/// <summary>The body that changes a compute.</summary>
internal sealed record NeonEndpointUpdateRequest(NeonEndpointUpdate Endpoint);
