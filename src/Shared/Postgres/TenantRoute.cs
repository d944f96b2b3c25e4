using Freehold.Tenants;
using Npgsql;

namespace Freehold.Postgres;

/// <summary>How tenants' databases of one provider are entered to search and write them.</summary>
/// <param name="Provider">The provider's name in a tenant's row.</param>
/// <param name="SslMode">TLS.</param>
/// <param name="ConnectTimeout">How long to wait for a new connection.</param>
/// <param name="PoolerHost">Host of a pooler in transaction mode before all of them; null for where each database is.</param>
/// <param name="PoolerPort">Port of that pooler; null for the database's own.</param>
public sealed record TenantRoute(string Provider, SslMode SslMode, TimeSpan ConnectTimeout, string? PoolerHost = null, int? PoolerPort = null)
{
    /// <summary>
    /// After how long without connections the compute of a database goes to sleep, by the name of its tenant's plan; null where it never does. Such a compute
    /// needs time to wake, so a connection that fails is tried a second time, and idle ones are closed after <see cref="IdleTimeout"/>.
    /// </summary>
    public Func<string, TimeSpan>? SleepsAfter { get; init; }

    /// <summary>How long unused connections stay open; null for as long as any.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Whether there is a pooler between: then nothing lasts in a session of the server.</summary>
    internal bool IsPooled(TenantPlacement tenant) => tenant.PoolerHost is not null || PoolerHost is not null || PoolerPort is not null;

    /// <summary>Where the tenant's database is entered.</summary>
    internal (string? Host, int Port) Find(TenantPlacement tenant) =>
        (tenant.PoolerHost ?? PoolerHost ?? tenant.Host, PoolerPort ?? tenant.Port!.Value);
}
