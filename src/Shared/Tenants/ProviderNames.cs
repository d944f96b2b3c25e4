namespace Freehold.Tenants;

/// <summary>Names of providers, of tenants' databases, as they stand in the catalog, in the settings and in certificates.</summary>
internal static class ProviderNames
{
    /// <summary>A PostgreSQL server of ours.</summary>
    public const string Postgres = "postgres";

    /// <summary>Neon, with a project for each tenant.</summary>
    public const string Neon = "neon";

    /// <summary>Neon, with one project for many tenants.</summary>
    public const string NeonShared = "neon-shared";
}
