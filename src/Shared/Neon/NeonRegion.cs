namespace Freehold.Neon;

/// <summary>Where projects can be made.</summary>
internal sealed record NeonRegion
{
    public required string RegionId { get; init; }

    public required string Name { get; init; }
}

/// <summary>All regions.</summary>
internal sealed record NeonRegions
{
    public required IReadOnlyList<NeonRegion> Regions { get; init; }
}
