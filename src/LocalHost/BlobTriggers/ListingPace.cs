namespace Freehold.LocalHost.BlobTriggers;

/// <summary>
/// How long to wait after each page of a listing. A listing costs Azurite nearly a whole core while it runs, so the pauses are a
/// multiple of it (a tenth of a core is spent), but not so long that a change is seen later than promised: within 2 s up to 1,000
/// blobs, within 10 s up to 10,000. On a loaded machine listings take longer without costing more; there the promise goes first.
/// Every page gets its share of the pauses, so that the cost comes evenly and Azurite is never busy for long.
/// </summary>
internal sealed class ListingPace
{
    private const int PausePerListing = 9;

    /// <summary>The next listing may take longer than this one did.</summary>
    private const double NextListing = 1.25;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>What is aimed at, somewhat below the promise where that is short.</summary>
    private static readonly TimeSpan ShortestAim = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan AimPerThousand = TimeSpan.FromSeconds(1);

    /// <summary>Time to start a function after its blob was listed.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromMilliseconds(300);

    private TimeSpan _pauses;
    private int _blobs;

    /// <summary>Pause between two pages, by what the last whole listing was like; none during the first.</summary>
    public TimeSpan AfterPage(int blobs) => _blobs == 0 ? TimeSpan.Zero : _pauses * Math.Min(1.0, (double)blobs / _blobs);

    /// <summary>Pause after the last page.</summary>
    public TimeSpan AfterListing(TimeSpan listing, int blobs, int blobsOnLastPage)
    {
        TimeSpan aim = Longer(AimPerThousand * (blobs / 1000.0), ShortestAim);
        TimeSpan longest = aim - (listing * NextListing) - HandOver;
        _pauses = Longer(Shorter(listing * PausePerListing, longest), ShortestPause);
        _blobs = blobs;
        return blobs == 0 ? _pauses : AfterPage(blobsOnLastPage);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
