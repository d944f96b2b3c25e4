using System.ComponentModel.DataAnnotations;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Postgres;

/// <summary>Settings below <c>Postgres</c>: connections to tenants' databases.</summary>
public sealed class PostgresOptions
{
    /// <summary>Most connections to tenant databases that one host holds open, over all tenants. Default 50.</summary>
    [Range(1, 10_000)]
    public int ConnectionBudget { get; set; } = 50;

    /// <summary>Most connections to one tenant's database, if its plan does not allow fewer. Default 8.</summary>
    [Range(1, 1_000)]
    public int ConnectionsPerTenant { get; set; } = 8;

    /// <summary>How long a tenant's unused connections stay open. Default 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long to wait for a new connection. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Port of a pooler in transaction mode (PgBouncer, Azure's 6432) through which tenants' databases are searched and written. Default none:
    /// straight to the database. Databases are made and migrated straight in any case.
    /// </summary>
    [Range(1, 65535)]
    public int? PoolerPort { get; set; }

    /// <summary>Host of the pooler. Default: where each database is.</summary>
    public string? PoolerHost { get; set; }

    /// <summary>TLS to tenant databases: <c>Disable</c>, <c>Prefer</c>, <c>Require</c>, <c>VerifyCA</c>, <c>VerifyFull</c>. Default <c>Prefer</c>.</summary>
    public Npgsql.SslMode SslMode { get; set; } = Npgsql.SslMode.Prefer;

    /// <summary>The way to databases on a server of ours.</summary>
    internal TenantRoute Route => new(ProviderNames.Postgres, SslMode, ConnectTimeout, PoolerHost, PoolerPort);
}

[OptionsValidator]
internal sealed partial class PostgresOptionsValidator : IValidateOptions<PostgresOptions>;
