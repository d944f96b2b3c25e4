using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning;

/// <summary>Settings below <c>Provisioning</c>.</summary>
public sealed class ProvisioningOptions
{
    /// <summary>The server on which tenant databases are made.</summary>
    [Required, ValidateObjectMembers]
    public required PostgresServerOptions Postgres { get; set; }

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

[OptionsValidator]
internal sealed partial class ProvisioningOptionsValidator : IValidateOptions<ProvisioningOptions>;
