using Freehold.LocalHost.BlobTriggers;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class ListingPaceTests
{
    private readonly ListingPace _pace = new();

    [Theory]
    [InlineData(0.01, 0, 1.0)]
    [InlineData(0.1, 1_000, 1.0)]
    [InlineData(0.15, 2_000, 1.35)]
    [InlineData(0.8, 10_000, 7.2)]
    [InlineData(8.0, 100_000, 72.0)]
    public void The_pause_is_nine_listings_and_a_second_at_least(double listing, int blobs, double pause) =>
        Assert.Equal(pause, Pause(listing, blobs), 3);

    [Theory]
    [InlineData(0.2, 1_000)]
    [InlineData(0.6, 1_000)]
    [InlineData(0.6, 2_000)]
    [InlineData(2.0, 10_000)]
    [InlineData(3.0, 10_000)]
    public void On_a_slow_machine_the_promised_time_goes_first(double listing, int blobs)
    {
        double seen = Pause(listing, blobs) + (1.25 * listing);

        Assert.InRange(seen, 0, Math.Max(2, blobs / 1000));
    }

    [Fact]
    public void Every_page_has_its_share_of_the_pauses()
    {
        Assert.Equal(TimeSpan.Zero, _pace.AfterPage(2_500));
        TimeSpan last = _pace.AfterListing(TimeSpan.FromSeconds(0.8), 10_000, blobsOnLastPage: 2_500);

        Assert.Equal(1.8, last.TotalSeconds, 3);
        Assert.Equal(1.8, _pace.AfterPage(2_500).TotalSeconds, 3);
        Assert.Equal(7.2, _pace.AfterPage(20_000).TotalSeconds, 3);
    }

    private double Pause(double listing, int blobs) => _pace.AfterListing(TimeSpan.FromSeconds(listing), blobs, blobs).TotalSeconds;
}
