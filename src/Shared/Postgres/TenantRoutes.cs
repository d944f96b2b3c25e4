using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Postgres;

/// <summary>How this host reaches tenants' databases, by their providers, and what it takes an answer from there for.</summary>
public sealed class TenantRoutes(IOptions<PostgresOptions> options, IEnumerable<TenantRoute> routes, CredentialCipher cipher)
{
    private readonly PostgresOptions _options = options.Value;
    private readonly Dictionary<string, TenantRoute> _byProvider = routes.ToDictionary(route => route.Provider);

    /// <summary>The shortest time that a connection may rest, on any way.</summary>
    public TimeSpan ShortestIdleTimeout => _byProvider.Values.Select(IdleTimeoutOf).Append(_options.IdleTimeout).Min();

    /// <summary>The way to a tenant's database.</summary>
    public TenantRoute Of(TenantPlacement tenant) => _byProvider.GetValueOrDefault(tenant.Provider)
        ?? throw new InvalidOperationException($"This host has no settings for the provider '{tenant.Provider}' of the tenant's database.");

    /// <summary>How long a connection on that way may rest.</summary>
    public TimeSpan IdleTimeoutOf(TenantRoute route) => route.IdleTimeout ?? _options.IdleTimeout;

    /// <summary>A pool of connections to the tenant's database, as its runtime role. Opens nothing yet.</summary>
    public NpgsqlDataSource Build(TenantPlacement tenant)
    {
        TenantRoute route = Of(tenant);
        (string? host, int port) = route.Find(tenant);
        NpgsqlConnectionStringBuilder connection = new()
        {
            Host = host,
            Port = port,
            Database = tenant.Database,
            Username = tenant.Role,
            Password = cipher.Open(tenant.Uid, tenant.EncryptedPassword),
            ApplicationName = "freehold",
            SslMode = route.SslMode,
            MaxPoolSize = _options.ConnectionsPerTenant,
            ConnectionIdleLifetime = (int)IdleTimeoutOf(route).TotalSeconds,
            Timeout = (int)route.ConnectTimeout.TotalSeconds,

            // A statement's first use costs one round trip; from the second on it is prepared. Not behind a pooler: there the next transaction
            // may run in another session of the server, which does not know the statement, or knows another by its name.
            MaxAutoPrepare = route.IsPooled(tenant) ? 0 : 16,
            AutoPrepareMinUsages = 2,

            // Nothing here leaves state in a session, so nothing needs to be reset; behind a pooler, it would be another's session.
            NoResetOnClose = true,
        };
        NpgsqlDataSourceBuilder builder = new(connection.ConnectionString);

        // Reading a database's types costs 9 ms at a tenant's first connection; the types used here are built in.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }

    /// <summary>Whether the server, or a pooler before it, did not let the role in.</summary>
    // A pooler that the server does not let in, or that lets nobody in itself, has one code for all reasons, and Neon's proxy another.
    public bool IsRefusal(TenantPlacement tenant, PostgresException exception) =>
        (Of(tenant).IsPooled(tenant) && exception.SqlState is PostgresErrorCodes.ProtocolViolation or PostgresErrorCodes.InternalError)
        || IsTurnedAway(tenant, exception)
        || exception.SqlState is PostgresErrorCodes.InvalidPassword
        or PostgresErrorCodes.InvalidAuthorizationSpecification
        or PostgresErrorCodes.InsufficientPrivilege
        or PostgresErrorCodes.InvalidCatalogName
        or PostgresErrorCodes.ObjectNotInPrerequisiteState;

    /// <summary>
    /// Whether Neon's proxy lets nobody in. Of a tenant that is active, that is a server which is away: a compute that is just being enabled, too.
    /// </summary>
    public static bool IsTurnedAway(TenantPlacement tenant, PostgresException exception) =>
        tenant.Provider is ProviderNames.Neon or ProviderNames.NeonShared && exception.SqlState == PostgresErrorCodes.InternalError;

    /// <summary>Whether the provider has stopped the database for its quota.</summary>
    // Neon has a code for all of its proxy's reasons, and a text for this one.
    public static bool IsOverQuota(PostgresException exception) => exception.SqlState == PostgresErrorCodes.InternalError
        && exception.MessageText.Contains("exceeded", StringComparison.OrdinalIgnoreCase)
        && exception.MessageText.Contains("quota", StringComparison.OrdinalIgnoreCase);
}
