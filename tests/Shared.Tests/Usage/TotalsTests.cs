using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Usage;

public sealed class TotalsTests
{
    private static readonly Totals One = new(1, 10, 0);

    private readonly Plan _plan = new() { Name = "thousand", MaxDocuments = 1_000 };
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Only_the_first_nine_tenths_are_taken_without_asking()
    {
        RunningTotals running = new(_time);
        running.Renew(Totals.Nothing);
        Assert.Equal(900, Enumerable.Range(0, 2_000).Count(_ => running.IsFar(_plan, One, isAdded: true)));
    }

    [Fact]
    public void None_is_where_so_few_are_allowed_that_all_of_them_may_be_on_their_way_at_once()
    {
        RunningTotals running = new(_time);
        running.Renew(Totals.Nothing);
        Assert.False(running.IsFar(new Plan { Name = "ten", MaxDocuments = 10 }, One, isAdded: true));
    }

    [Fact]
    public void What_was_added_last_still_counts_when_the_sums_are_renewed()
    {
        RunningTotals running = new(_time);
        running.Renew(Totals.Nothing);
        Assert.All(Enumerable.Range(0, 900), _ => Assert.True(running.IsFar(_plan, One, isAdded: true)));
        running.Renew(Totals.Nothing);
        Assert.False(running.IsFar(_plan, One, isAdded: true));

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(running.IsStale);
        running.Renew(Totals.Nothing);
        Assert.False(running.IsFar(_plan, One, isAdded: true));
        _time.Advance(TimeSpan.FromSeconds(2));
        running.Renew(Totals.Nothing);
        Assert.True(running.IsFar(_plan, One, isAdded: true));
    }
}
