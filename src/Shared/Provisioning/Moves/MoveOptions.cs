using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Moves;

/// <summary>Settings below <c>Moves</c>.</summary>
public sealed class MoveOptions
{
    /// <summary>Regions that this host may fetch tenants from. For as long as a move lasts: it can enter everything of the other region.</summary>
    public IList<MoveSourceOptions> From { get; } = [];

    /// <summary>
    /// How long uploads that came to the other region's hosts before the switch may still take to arrive there, and are fetched then.
    /// Default 5 minutes.
    /// </summary>
    public TimeSpan LateUploads { get; set; } = TimeSpan.FromMinutes(5);
}

/// <summary>
/// A region to fetch tenants from. Beside its name stand the settings of that region's own host, as they are there: <c>Provisioning</c>,
/// <c>Storage</c>, <c>WorkStore</c>, and <c>Tenants:CredentialKeys</c> where they are not this host's.
/// </summary>
public sealed class MoveSourceOptions
{
    /// <summary>Its name.</summary>
    public string Region { get; set; } = string.Empty;
}

/// <summary>Regions to fetch tenants from are others that there are, each once.</summary>
internal sealed class MoveOptionsValidator(IOptions<RegionsOptions> regions, IOptions<TenantsOptions> tenants) : IValidateOptions<MoveOptions>
{
    public ValidateOptionsResult Validate(string? name, MoveOptions options)
    {
        string here = regions.Value.Region ?? tenants.Value.DefaultRegion;
        string[] names = [.. options.From.Select(source => source.Region)];
        return names.Distinct().Count() == names.Length && names.All(region => region != here && regions.Value.Regions.Any(known => known.Name == region))
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Each of 'Moves:From' has the name of another region that is among 'Regions', and no two the same.");
    }
}
