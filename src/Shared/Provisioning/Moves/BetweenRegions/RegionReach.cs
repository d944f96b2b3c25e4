using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Provisioning.Moves.BetweenRegions;

/// <summary>What holds a region's tenants.</summary>
/// <param name="Providers">Providers of databases.</param>
/// <param name="Documents">Documents in blob storage.</param>
/// <param name="Blobs">Whatever else is there.</param>
/// <param name="Work">The work store.</param>
internal sealed record RegionReach(DatabaseProviders Providers, DocumentBlobs Documents, TenantBlobs Blobs, WorkStore Work);

/// <summary>This host has no settings with which to enter a region.</summary>
internal sealed class RegionOutOfReachException(string region) : Exception($"The region '{region}' is out of reach.")
{
    /// <summary>The region's name.</summary>
    public string Region { get; } = region;
}
