using Freehold.Tenants;

namespace Freehold.Provisioning.Providers;

/// <summary>Until when the provider of the database could recover it.</summary>
/// <param name="Name">The provider.</param>
/// <param name="RecoverableUntil">The moment; null where it cannot.</param>
/// <param name="Note">What this does not speak of.</param>
public sealed record ProviderRecovery(string Name, DateTimeOffset? RecoverableUntil, string Note)
{
    /// <summary>Of a database on a PostgreSQL server.</summary>
    public static ProviderRecovery Postgres { get; } = new(
        ProviderNames.Postgres,
        null,
        "PostgreSQL cannot recover a dropped database. Backups of the whole server are its operator's, and hold the database until they run out.");
}
