namespace Freehold.LocalHost.BlobTriggers;

/// <summary>What the ledger holds about one blob.</summary>
internal sealed class KnownBlob
{
    /// <summary>Version that is done with.</summary>
    public string? Receipt { get; set; }

    /// <summary>Version that is under way.</summary>
    public BlobVersion? Awaited { get; set; }

    public bool Running { get; set; }

    /// <summary>Whether a function has seen any version of it, and may have kept something.</summary>
    public bool Handed { get; set; }

    public int SeenInListing { get; set; }
}
