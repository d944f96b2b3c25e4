namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>One PostgreSQL on which many tenants have their databases.</summary>
/// <param name="Provider">Name of the provider that it is.</param>
/// <param name="ConnectionString">Connection string of a role that may create databases and roles, in Npgsql's form.</param>
/// <param name="ClearPasswords">Whether it takes passwords of roles only as they are.</param>
internal sealed record PostgresSite(string Provider, string ConnectionString, bool ClearPasswords = false)
{
    /// <summary>The name alone: the rest holds a password.</summary>
    public override string ToString() => Provider;
}
