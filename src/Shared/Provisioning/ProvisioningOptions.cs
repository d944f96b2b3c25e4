using System.ComponentModel.DataAnnotations;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning;

/// <summary>Settings below <c>Provisioning</c>.</summary>
public sealed class ProvisioningOptions
{
    /// <summary>Which provider new tenants' databases come from: <c>postgres</c> or <c>neon</c>. Those that are there stay where they are. Default <c>postgres</c>.</summary>
    [Required]
    public string Provider { get; set; } = ProviderNames.Postgres;

    /// <summary>A PostgreSQL server of ours on which tenant databases are made.</summary>
    [ValidateObjectMembers]
    public PostgresServerOptions? Postgres { get; set; }

    /// <summary>Databases that wait for tenants.</summary>
    [ValidateObjectMembers]
    public WarmPoolOptions WarmPool { get; set; } = new();

    /// <summary>What is done about databases, roles and blobs that nobody owns.</summary>
    [ValidateObjectMembers]
    public ReconciliationOptions Reconciliation { get; set; } = new();

    /// <summary>How long one attempt at an operation may take before another host may try. Default 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "01:00:00")]
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

    /// <summary>How long a deleted tenant can be brought back before it is erased. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long replaced database credentials stay good. Default 1 hour; not less than hosts remember a tenant.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "30.00:00:00")]
    public TimeSpan CredentialOverlap { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Credentials of tenants' own.</summary>
    [ValidateObjectMembers]
    public OwnCredentialOptions OwnCredentials { get; set; } = new();
}

/// <summary>Settings below <c>Provisioning:OwnCredentials</c>: what tenants' own roles may, and how they get there.</summary>
public sealed class OwnCredentialOptions
{
    /// <summary>Host in the URIs that tenants get. Default: the server's, as the service itself reaches it.</summary>
    public string? PublicHost { get; set; }

    /// <summary>Port in those URIs. Default: the server's.</summary>
    [Range(1, 65535)]
    public int? PublicPort { get; set; }

    /// <summary><c>sslmode</c> in those URIs, by libpq's names. Default <c>prefer</c>.</summary>
    [RegularExpression("^(disable|allow|prefer|require|verify-ca|verify-full)$")]
    public string SslMode { get; set; } = "prefer";

    /// <summary>How long one of their statements may take, unless they set another time-out themselves. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(30);
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
    /// <summary>How long something must have been known to be nobody's before it is removed. Default 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromDays(1);

    /// <summary>When more than this is nobody's at once, nothing is removed: the catalog may be the wrong one. Default 10.</summary>
    [Range(0, 1_000_000)]
    public int MaxRemovals { get; set; } = 10;
}

[OptionsValidator]
internal sealed partial class ProvisioningOptionsValidator : IValidateOptions<ProvisioningOptions>;
