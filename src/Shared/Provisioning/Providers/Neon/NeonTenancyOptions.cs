using System.ComponentModel.DataAnnotations;
using Freehold.Neon;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>Settings below <c>Provisioning:Neon</c>, beside those of the API: what tenants' projects are like.</summary>
public sealed class NeonTenancyOptions : IValidatableObject
{
    /// <summary>What plans say of their tenants' projects. A plan that is not named has no quota, and the sizes of <see cref="NeonOptions"/>. Default none.</summary>
    [Required, ValidateEnumeratedItems]
    public IList<NeonPlanOptions> Plans { get; set; } = [];

    /// <summary>Plans whose tenants have no project of their own, but a database in one that they share. Default none.</summary>
    [Required]
    public IList<string> SharedPlans { get; set; } = [];

    /// <summary>
    /// Connection string of the project that those plans share, in Npgsql's form, at the host of its compute and with the role that owns the project; a reference to
    /// a secret, not a value in a file.
    /// </summary>
    public string? SharedConnectionString { get; set; }

    /// <summary>Host of that project's pooler, at the same port, through which those databases are searched and written. Default none: straight.</summary>
    public string? SharedPoolerHost { get; set; }

    /// <summary>How long one attempt waits until Neon has made a project. When it is over, the next attempt goes on waiting. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait for a new connection: a compute that sleeps has to wake first. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long unused connections to a project stay open: until they are closed, its compute does not fall asleep. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>What a plan says; nothing where it is not named.</summary>
    internal NeonPlanOptions PlanOf(string? plan) => Plans.FirstOrDefault(each => each.Name == plan) ?? new NeonPlanOptions();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SharedPlans.Count > 0 && string.IsNullOrEmpty(SharedConnectionString))
        {
            yield return new ValidationResult("Plans share a project, and none is named.", [nameof(SharedConnectionString)]);
        }
    }
}

/// <summary>Settings below <c>Provisioning:Neon:Plans</c>. What is not set is not limited, or as it is for all projects.</summary>
public sealed class NeonPlanOptions : IValidatableObject
{
    private static readonly TimeSpan NeonsTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Name of the plan, as it stands in <c>Tenants:Plans</c>.</summary>
    [Required]
    public string Name { get; set; } = string.Empty;

    /// <summary>Least size of the compute, in compute units (one is about 4 GB of memory).</summary>
    [Range(0.25, 56)]
    public double? MinComputeUnits { get; set; }

    /// <summary>Greatest size of the compute, in compute units.</summary>
    [Range(0.25, 56)]
    public double? MaxComputeUnits { get; set; }

    /// <summary>How long a compute runs on without a connection: 1 minute to 7 days; 0 is Neon's default, 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan? SuspendTimeout { get; set; }

    /// <summary>Most time a month in which the compute runs.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? ActiveTime { get; set; }

    /// <summary>Most compute-time a month, by the size of the compute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "10000.00:00:00")]
    public TimeSpan? ComputeTime { get; set; }

    /// <summary>Most bytes written a month.</summary>
    [Range(1, long.MaxValue)]
    public long? WrittenBytes { get; set; }

    /// <summary>Most bytes a month that leave Neon.</summary>
    [Range(1, long.MaxValue)]
    public long? TransferredBytes { get; set; }

    /// <summary>Most bytes of the database.</summary>
    [Range(1, long.MaxValue)]
    public long? StoredBytes { get; set; }

    /// <summary>The whole quota: Neon does not say what becomes of a part that is left out.</summary>
    internal NeonQuota Quota => new()
    {
        ActiveTimeSeconds = (long)(ActiveTime?.TotalSeconds ?? 0),
        ComputeTimeSeconds = (long)(ComputeTime?.TotalSeconds ?? 0),
        WrittenDataBytes = WrittenBytes ?? 0,
        DataTransferBytes = TransferredBytes ?? 0,
        LogicalSizeBytes = StoredBytes ?? 0,
    };

    /// <summary>Size and sleep of the compute.</summary>
    internal NeonComputeSettings ComputeOf(NeonOptions all) => new()
    {
        AutoscalingLimitMinCu = MinComputeUnits ?? all.MinComputeUnits,
        AutoscalingLimitMaxCu = MaxComputeUnits ?? all.MaxComputeUnits,
        SuspendTimeoutSeconds = (long)(SuspendTimeout ?? all.SuspendTimeout).TotalSeconds,
    };

    /// <summary>After how long without a connection the compute sleeps.</summary>
    internal TimeSpan SleepsAfter(NeonOptions all)
    {
        TimeSpan timeout = SuspendTimeout ?? all.SuspendTimeout;
        return timeout > TimeSpan.Zero ? timeout : NeonsTimeout;
    }

    /// <summary>Whether the least size is not above the greatest, either of which may be that of all projects.</summary>
    internal bool SizesFit(NeonOptions all) => (MinComputeUnits ?? all.MinComputeUnits) <= (MaxComputeUnits ?? all.MaxComputeUnits);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SuspendTimeout > TimeSpan.Zero && SuspendTimeout < TimeSpan.FromMinutes(1))
        {
            yield return new ValidationResult("It is 0 or at least a minute.", [nameof(SuspendTimeout)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class NeonTenancyOptionsValidator : IValidateOptions<NeonTenancyOptions>;
