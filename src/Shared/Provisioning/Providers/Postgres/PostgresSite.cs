using Freehold.Tenants;

namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>One PostgreSQL on which many tenants have their databases.</summary>
/// <param name="Provider">Name of the provider that it is.</param>
/// <param name="ConnectionString">Connection string of a role that may create databases and roles, in Npgsql's form.</param>
/// <param name="Own">What tenants' own roles may there, and how they get there.</param>
internal sealed record PostgresSite(string Provider, string ConnectionString, OwnCredentialOptions Own)
{
    /// <summary>Whether it takes passwords of roles only as they are.</summary>
    public bool ClearPasswords { get; init; }

    /// <summary>How far back the whole of it can be restored, a dropped database with it; null where that is not known here.</summary>
    public TimeSpan? History { get; init; }

    /// <summary>Until when a database could still be recovered that was dropped then.</summary>
    public ProviderRecovery RecoveryOf(DateTimeOffset removedAt) => Provider == ProviderNames.Postgres
        ? ProviderRecovery.Postgres
        : new ProviderRecovery(
            Provider,
            removedAt + History,
            "The project is shared, and its history holds the dropped database for as long as it reaches back, for whoever holds the account.");

    /// <summary>The name alone: the rest holds a password.</summary>
    public override string ToString() => Provider;
}
