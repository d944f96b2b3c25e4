namespace Freehold.Neon;

/// <summary>One project.</summary>
internal sealed record NeonProjectAnswer
{
    public required NeonProject Project { get; init; }
}

/// <summary>A project that was asked to change, and the operations that change it; there may be none.</summary>
internal sealed record NeonProjectChange
{
    public required NeonProject Project { get; init; }

    public IReadOnlyList<NeonOperation> Operations { get => field ?? []; init; }
}

/// <summary>All that a new project has.</summary>
internal sealed class NeonCreatedProject
{
    public required NeonProject Project { get; init; }

    public required IReadOnlyList<NeonConnection> ConnectionUris { get; init; }

    public required IReadOnlyList<NeonOperation> Operations { get; init; }

    public required NeonBranch Branch { get; init; }

    public required IReadOnlyList<NeonEndpoint> Endpoints { get; init; }
}

/// <summary>How one database of a new project is reached.</summary>
internal sealed class NeonConnection
{
    public required NeonConnectionParameters ConnectionParameters { get; init; }
}

/// <summary>The parts of an address with credentials.</summary>
internal sealed class NeonConnectionParameters
{
    public required string Database { get; init; }

    public required string Role { get; init; }

    public required string Password { get; init; }

    public required string Host { get; init; }

    public required string PoolerHost { get; init; }
}

/// <summary>What Neon says when it refuses.</summary>
internal sealed record NeonError
{
    public string? Code { get; init; }

    public string? Message { get; init; }

    public string? RequestId { get; init; }
}
