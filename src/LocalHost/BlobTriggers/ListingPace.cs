namespace Freehold.LocalHost.BlobTriggers;

/// <summary>
/// How long to wait between two listings. A listing costs Azurite nearly a whole core while it runs, so the pause is a multiple of it
/// (an eighth of a core is spent), but not so long that a change is seen later than promised: within 2 s up to 2,000 blobs, then
/// 1 s for each 1,000. On a loaded machine listings take longer without costing more; there the promise goes first.
/// </summary>
internal static class ListingPace
{
    private const int PausePerListing = 7;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPromise = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PromisePerThousand = TimeSpan.FromSeconds(1);

    /// <summary>Time to start a function after its blob was listed.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromMilliseconds(300);

    public static TimeSpan PauseAfter(TimeSpan listing, int blobs)
    {
        TimeSpan promise = Longer(PromisePerThousand * (blobs / 1000.0), ShortestPromise);
        TimeSpan longest = promise - listing - HandOver;
        return Longer(Shorter(listing * PausePerListing, longest), ShortestPause);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
