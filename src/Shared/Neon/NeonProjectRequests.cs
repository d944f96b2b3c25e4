namespace Freehold.Neon;

/// <summary>The body that makes a project.</summary>
internal sealed record NeonProjectRequest(NeonNewProject Project);

/// <summary>A project to be made.</summary>
internal sealed record NeonNewProject
{
    public required string Name { get; init; }

    public required string RegionId { get; init; }

    public required int PgVersion { get; init; }

    public string? OrgId { get; init; }

    /// <summary>Without it a password that was lost with the answer could not be asked for.</summary>
    public bool StorePasswords { get; init; } = true;

    public required int HistoryRetentionSeconds { get; init; }

    public required NeonComputeSettings DefaultEndpointSettings { get; init; }

    public NeonProjectSettings? Settings { get; init; }

    public required NeonFirstBranch Branch { get; init; }
}

/// <summary>What a new project's one branch holds.</summary>
internal sealed record NeonFirstBranch(string RoleName, string DatabaseName);

/// <summary>The body that changes a project.</summary>
internal sealed record NeonProjectUpdateRequest(NeonProjectUpdate Project);

/// <summary>
/// How a project is to be; what is null stays. Computes that there are keep their sizes: see <see cref="NeonEndpointUpdate"/>.
/// </summary>
internal sealed record NeonProjectUpdate
{
    public string? Name { get; init; }

    public NeonProjectSettings? Settings { get; init; }

    /// <summary>For computes to come.</summary>
    public NeonComputeSettings? DefaultEndpointSettings { get; init; }

    public int? HistoryRetentionSeconds { get; init; }
}
