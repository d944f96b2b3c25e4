namespace Freehold.Neon.Simulator;

/// <summary>A project, with one branch and one compute. Not safe for threads.</summary>
internal sealed class SimulatedProject
{
    public required string Id { get; init; }

    public required string Name { get; set; }

    public required string RegionId { get; init; }

    public required int PgVersion { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required bool StoresPasswords { get; init; }

    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>Whether it is past bringing back.</summary>
    public bool IsPurged { get; set; }

    public int HistoryRetentionSeconds { get; set; } = 86_400;

    public Dictionary<string, long> Quota { get; } = [];

    public ComputeSizes Defaults { get; set; } = new(0.25, 0.25, 0);

    public SimulatedCompute Compute { get; } = new();

    /// <summary>Passwords by role.</summary>
    public Dictionary<string, string> Roles { get; } = [];

    /// <summary>Owners by database.</summary>
    public Dictionary<string, string> Databases { get; } = [];

    public OperationLine Operations { get; } = new();

    public ProjectUsage Usage { get; set; } = new();

    public string BranchId => "br-" + Id;

    public string EndpointId => "ep-" + Id;

    /// <summary>Whether calls and connections still find it.</summary>
    public bool IsThere => DeletedAt is null;
}

/// <summary>Sizes in compute units; a suspend time-out of 0 is the default, of -1 never.</summary>
internal sealed record ComputeSizes(double Min, double Max, long SuspendTimeoutSeconds);

/// <summary>What a project used, as its own counters say.</summary>
public sealed record ProjectUsage
{
    public long ActiveTimeSeconds { get; init; }

    public long ComputeTimeSeconds { get; init; }

    public long WrittenDataBytes { get; init; }

    public long DataTransferBytes { get; init; }

    public long? SyntheticStorageSize { get; init; }
}
