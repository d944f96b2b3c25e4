using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>
/// The regions there are, and which of them this host is of. A tenant's region has its database, its blobs and its documents' names;
/// a host reads and writes those of its own region alone.
/// </summary>
public sealed class Regions(IOptions<RegionsOptions> options, IOptions<TenantsOptions> tenants)
{
    /// <summary>This host's region.</summary>
    public string Here { get; } = options.Value.Region ?? tenants.Value.DefaultRegion;

    /// <summary>Names of those that take new tenants.</summary>
    public IReadOnlyList<string> Open => options.Value.Regions.Count == 0
        ? [Here]
        : [.. options.Value.Regions.Where(region => region.Open).Select(region => region.Name)];

    /// <summary>The region that a new tenant comes into.</summary>
    /// <param name="asked">The one that was asked for; null for the default one.</param>
    /// <exception cref="RegionNotOpenException">It is none, or takes no tenants.</exception>
    public string Choose(string? asked)
    {
        string region = asked ?? tenants.Value.DefaultRegion;
        return Open.Contains(region)
            ? region
            : throw new RegionNotOpenException(options.Value.Regions.Any(each => each.Name == region), Open);
    }

    /// <summary>Refuses what only the tenant's own region can do.</summary>
    /// <exception cref="MisdirectedRegionException">The tenant is in another region.</exception>
    public void RequireHere(string region)
    {
        if (region != Here)
        {
            throw new MisdirectedRegionException(region, options.Value.Regions.FirstOrDefault(each => each.Name == region)?.Address);
        }
    }
}

/// <summary>New tenants do not come into this region.</summary>
public sealed class RegionNotOpenException(bool isKnown, IReadOnlyList<string> open) : RefusalException(
    RefusalKind.Impossible,
    isKnown ? "region-closed" : "unknown-region",
    $"{(isKnown ? "This region takes no new tenants." : "There is no such region.")} Open are: {string.Join(", ", open)}.")
{
    /// <summary>Names of regions that take tenants.</summary>
    public IReadOnlyList<string> Open { get; } = open;
}

/// <summary>The tenant is in another region, whose host serves it.</summary>
public sealed class MisdirectedRegionException(string region, Uri? address) : RefusalException(
    RefusalKind.Misdirected,
    "misdirected-region",
    $"The tenant is in the region '{region}'. Send the request {(address is null ? "to its host" : $"to {address}")}.")
{
    /// <summary>The tenant's region.</summary>
    public string Region { get; } = region;

    /// <summary>Where its host is; null where the configuration does not say.</summary>
    public Uri? Address { get; } = address;
}
