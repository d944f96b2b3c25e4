using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>Settings <c>Region</c> and <c>Regions</c>.</summary>
public sealed class RegionsOptions
{
    /// <summary>The region of this host. Default: <see cref="TenantsOptions.DefaultRegion"/>.</summary>
    public string? Region { get; set; }

    /// <summary>Regions there are, the same on every host. Default: this host's alone.</summary>
    public IList<RegionOptions> Regions { get; } = [];
}

/// <summary>A region: a host, a server for databases, a storage account, queues and a work store, apart from every other's.</summary>
public sealed class RegionOptions
{
    /// <summary>Stands with each of its tenants in the catalog: not to be changed.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Whether it takes new tenants. Default true. Those that it has are served either way.</summary>
    public bool Open { get; set; } = true;

    /// <summary>Where its host's calls are, such as <c>https://eu.example.com/api</c>.</summary>
    public Uri? Address { get; set; }
}

/// <summary>Regions have different names and addresses, and this host's and the default one are among them.</summary>
internal sealed class RegionsOptionsValidator(IOptions<TenantsOptions> tenants) : IValidateOptions<RegionsOptions>
{
    public ValidateOptionsResult Validate(string? name, RegionsOptions options)
    {
        HashSet<string> names = [.. options.Regions.Select(region => region.Name)];
        return options.Regions.Count == 0
            ? options.Region is null || options.Region == tenants.Value.DefaultRegion
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail("'Region' and 'Tenants:DefaultRegion' differ: name both in 'Regions'.")
            : names.Contains(string.Empty) || names.Count < options.Regions.Count
                ? ValidateOptionsResult.Fail("Each of 'Regions' has a name of its own.")
                : options.Regions.Any(region => region.Address is not { IsAbsoluteUri: true, Scheme: "https" or "http" })
                    ? ValidateOptionsResult.Fail("Each of 'Regions' has an http or https address, at which its host's calls are.")
                    : !names.Contains(options.Region ?? tenants.Value.DefaultRegion) || !names.Contains(tenants.Value.DefaultRegion)
                        ? ValidateOptionsResult.Fail("'Region' and 'Tenants:DefaultRegion' are among 'Regions'.")
                        : ValidateOptionsResult.Success;
    }
}
