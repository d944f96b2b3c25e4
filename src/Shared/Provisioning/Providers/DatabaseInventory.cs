namespace Freehold.Provisioning.Providers;

/// <summary>Databases and roles that a provider has.</summary>
internal sealed record DatabaseInventory(IReadOnlyList<string> Databases, IReadOnlyList<string> Roles);

/// <summary>Some of what a provider has of one installation.</summary>
/// <param name="Databases">Names of databases.</param>
/// <param name="Roles">Names of roles; none where roles are only in databases.</param>
/// <param name="Next">Where the next page begins; null after the last.</param>
/// <param name="Unlisted">Whether the provider says that it could not list everything. What is not listed may be there all the same.</param>
internal sealed record InventoryPage(IReadOnlyList<string> Databases, IReadOnlyList<string> Roles, string? Next, bool Unlisted = false);
