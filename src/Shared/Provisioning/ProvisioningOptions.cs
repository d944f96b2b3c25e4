using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning;

/// <summary>Settings below <c>Provisioning</c>.</summary>
public sealed class ProvisioningOptions
{
    /// <summary>The server on which tenant databases are made.</summary>
    [Required, ValidateObjectMembers]
    public required PostgresServerOptions Postgres { get; set; }

    /// <summary>Databases that wait for tenants.</summary>
    [ValidateObjectMembers]
    public WarmPoolOptions WarmPool { get; set; } = new();

    /// <summary>What is done about databases, roles and blobs that nobody owns.</summary>
    [ValidateObjectMembers]
    public ReconciliationOptions Reconciliation { get; set; } = new();

    /// <summary>How long one attempt at an operation may take before another host may try. Default 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Attempts after which an operation fails. Default 10.</summary>
    [Range(1, 1000)]
    public int MaxAttempts { get; set; } = 10;

    /// <summary>Pause before the second attempt; it doubles up to <see cref="MaxBackoff"/>. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan FirstBackoff { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest pause between two attempts. Default 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromMinutes(5);
}

/// <summary>A PostgreSQL server of ours.</summary>
public sealed class PostgresServerOptions
{
    /// <summary>Connection string of a role that may create databases and roles, in Npgsql's form.</summary>
    [Required]
    public required string ConnectionString { get; set; }
}

/// <summary>Settings below <c>Provisioning:WarmPool</c>.</summary>
public sealed class WarmPoolOptions
{
    /// <summary>How many databases a region keeps ready for tenants to come. Default 4; 0 makes each tenant's on the spot.</summary>
    [Range(0, 10_000)]
    public int Size { get; set; } = 4;
}

/// <summary>Settings below <c>Provisioning:Reconciliation</c>.</summary>
public sealed class ReconciliationOptions
{
    /// <summary>How long something must have been known to be nobody's before it is removed. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromHours(1);

    /// <summary>When more than this is nobody's at once, nothing is removed: the catalog may be the wrong one. Default 10.</summary>
    [Range(0, 1_000_000)]
    public int MaxRemovals { get; set; } = 10;
}

[OptionsValidator]
internal sealed partial class ProvisioningOptionsValidator : IValidateOptions<ProvisioningOptions>;
