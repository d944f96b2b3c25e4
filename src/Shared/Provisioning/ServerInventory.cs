namespace Freehold.Provisioning;

/// <summary>The databases and roles of one installation that are on a server.</summary>
internal sealed record ServerInventory(IReadOnlyList<string> Databases, IReadOnlyList<string> Roles);
