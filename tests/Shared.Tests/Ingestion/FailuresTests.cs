using Azure;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;
using Freehold.Tenants;

namespace Freehold.Tests.Ingestion;

public sealed class FailuresTests
{
    [Fact]
    public void What_can_never_be_read_is_not_tried_again() =>
        Assert.Null(Failures.Next(new UnreadableDocumentException("Damaged."), 1, mayGiveUp: true, 0.5));

    [Fact]
    public void Server_that_is_away_is_waited_for_however_long()
    {
        TimeSpan[] pauses = [.. Enumerable.Range(1, 40).Select(attempt => Failures.Next(new TimeoutException(), attempt, mayGiveUp: true, 0.5)!.Pause)];

        Assert.Equal([2, 4, 8, 16], pauses[..4].Select(pause => pause.TotalSeconds));
        Assert.All(pauses[8..], pause => Assert.Equal(TimeSpan.FromMinutes(5), pause));
    }

    [Fact]
    public void Database_that_lets_nobody_in_at_the_moment_is_waited_for_as_well() =>
        Assert.NotNull(Failures.Next(new ServerUnavailableException("The tenant's database"), 1_000, mayGiveUp: true, 0.5));

    [Theory]
    [InlineData(0, 1.5)]
    [InlineData(1, 2.5)]
    public void Pauses_differ_by_a_quarter(double chance, double seconds) =>
        Assert.Equal(seconds, Failures.Next(new TimeoutException(), 1, mayGiveUp: true, chance)!.Pause.TotalSeconds);

    [Fact]
    public void What_nobody_expected_is_tried_ten_times_but_a_removal_for_ever()
    {
        Assert.NotNull(Failures.Next(new InvalidOperationException(), 9, mayGiveUp: true, 0.5));
        Assert.Null(Failures.Next(new InvalidOperationException(), 10, mayGiveUp: true, 0.5));
        Assert.NotNull(Failures.Next(new InvalidOperationException(), 1_000, mayGiveUp: false, 0.5));
    }

    [Fact]
    public void Server_that_is_away_is_not_taken_for_one_that_asks_for_a_pause() =>
        Assert.False(Failures.Next(new RequestFailedException(503, "Busy."), 1, mayGiveUp: true, 0.5)!.Throttled);
}
