namespace Freehold.Neon;

/// <summary>A project that is to be made. What is null is as <see cref="NeonOptions"/> says.</summary>
/// <param name="Name">Chosen by us, and never used twice: by it a project is found whose creation was not answered.</param>
/// <param name="RoleName">The role that owns the database.</param>
/// <param name="DatabaseName">The database.</param>
internal sealed record NeonProjectPlan(string Name, string RoleName, string DatabaseName)
{
    public NeonQuota Quota { get; init; } = new();

    public string? RegionId { get; init; }

    public NeonComputeSettings? Compute { get; init; }

    /// <summary>The body that asks for it.</summary>
    public NeonProjectRequest Request(NeonOptions options) => new(new NeonNewProject
    {
        Name = Name,
        RegionId = RegionId ?? options.RegionId,
        PgVersion = options.PgVersion,
        OrgId = string.IsNullOrEmpty(options.OrgId) ? null : options.OrgId,
        HistoryRetentionSeconds = (int)options.HistoryRetention.TotalSeconds,
        DefaultEndpointSettings = Compute ?? new NeonComputeSettings
        {
            AutoscalingLimitMinCu = options.MinComputeUnits,
            AutoscalingLimitMaxCu = options.MaxComputeUnits,
            SuspendTimeoutSeconds = (long)options.SuspendTimeout.TotalSeconds,
        },
        Settings = new NeonProjectSettings { Quota = Quota },
        Branch = new NeonFirstBranch(RoleName, DatabaseName),
    });
}

/// <summary>A project that was made, or found to have been made, and how it is reached once its operations have ended.</summary>
internal sealed class NeonTenantProject
{
    public required string ProjectId { get; init; }

    public required string BranchId { get; init; }

    public required string EndpointId { get; init; }

    /// <summary>Host for what needs a session.</summary>
    public required string Host { get; init; }

    /// <summary>Host of the pooler, in transaction mode.</summary>
    public required string PoolerHost { get; init; }

    public required string Role { get; init; }

    public required string Database { get; init; }

    public required string Password { get; init; }

    /// <summary>What has to end before anything connects: <c>NeonClient.WaitAsync</c>.</summary>
    public required IReadOnlyList<NeonOperation> Operations { get; init; }
}
