namespace Freehold.Neon;

/// <summary>A project: a tenant's own PostgreSQL. It has no state; its operations and endpoints tell whether it is ready.</summary>
internal sealed record NeonProject
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? RegionId { get; init; }

    public int PgVersion { get; init; }

    public string? OrgId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public NeonProjectSettings? Settings { get; init; }

    public NeonComputeSettings? DefaultEndpointSettings { get; init; }

    public int HistoryRetentionSeconds { get; init; }

    /// <summary>What was used in the present period. Neon says it up to an hour late.</summary>
    public long ActiveTimeSeconds { get; init; }

    /// <summary>Compute-seconds, by the size of the compute.</summary>
    public long ComputeTimeSeconds { get; init; }

    public long WrittenDataBytes { get; init; }

    public long DataTransferBytes { get; init; }

    /// <summary>Bytes of data and history; null where Neon does not say.</summary>
    public long? SyntheticStorageSize { get; init; }

    /// <summary>The year 1 if there is no period yet.</summary>
    public DateTimeOffset ConsumptionPeriodStart { get; init; }

    public DateTimeOffset ConsumptionPeriodEnd { get; init; }
}

/// <summary>A project in a list, which leaves out what it used.</summary>
internal sealed record NeonListedProject
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? RegionId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public long? SyntheticStorageSize { get; init; }

    /// <summary>When it was deleted; null if it was not.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Until when a deleted one can be brought back.</summary>
    public DateTimeOffset? RecoverableUntil { get; init; }
}

/// <summary>A page of projects.</summary>
internal sealed record NeonProjectPage
{
    public required IReadOnlyList<NeonListedProject> Projects { get; init; }

    /// <summary>
    /// Projects that there are, and that Neon could not read in time: if it names any, that a project is not on the list does not say that
    /// there is none.
    /// </summary>
    public IReadOnlyList<string> UnavailableProjectIds { get => field ?? []; init; }

    public NeonCursor? Pagination { get; init; }

    /// <summary>What to ask the next page with; null after the last.</summary>
    internal string? Next => Projects.Count == 0 ? null : Pagination?.Cursor;
}

/// <summary>Where a list goes on. Branches have theirs in <see cref="Next"/>, everything else in <see cref="Cursor"/>.</summary>
internal sealed record NeonCursor
{
    public string? Cursor { get; init; }

    public string? Next { get; init; }
}

/// <summary>What can be set for a project; other settings are left as they are.</summary>
internal sealed record NeonProjectSettings
{
    public NeonQuota? Quota { get; init; }
}

/// <summary>
/// What a project may use; 0 is without a limit. It is always sent whole, since Neon does not say what becomes of a member that is left
/// out. The first four begin anew with each period; who exceeds one is suspended, and Neon notices up to an hour late.
/// </summary>
internal sealed record NeonQuota
{
    /// <summary>Seconds in which a compute runs.</summary>
    public long ActiveTimeSeconds { get; init; }

    /// <summary>Compute-seconds, by the size of the compute.</summary>
    public long ComputeTimeSeconds { get; init; }

    public long WrittenDataBytes { get; init; }

    /// <summary>Bytes that leave Neon.</summary>
    public long DataTransferBytes { get; init; }

    /// <summary>Bytes of one branch. Over it, writes fail and nothing is suspended.</summary>
    public long LogicalSizeBytes { get; init; }
}

/// <summary>Size and sleep of a compute; what is null is left to Neon, or as it is.</summary>
internal sealed record NeonComputeSettings
{
    /// <summary>Compute units.</summary>
    public double? AutoscalingLimitMinCu { get; init; }

    /// <summary>Compute units.</summary>
    public double? AutoscalingLimitMaxCu { get; init; }

    /// <summary>0 is Neon's default, -1 never.</summary>
    public long? SuspendTimeoutSeconds { get; init; }
}
