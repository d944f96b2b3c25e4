using Freehold.Usage;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Usage;

public sealed class MeterTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 5, 31, 23, 59, 59, TimeSpan.Zero));

    [Fact]
    public async Task Nothing_is_lost_between_those_who_count_and_who_takes()
    {
        Meter meter = new(_time);
        Guid[] tenants = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        Task counting = Parallel.ForAsync(0, 300_000, (i, _) =>
        {
            meter.Count(tenants[i % 3], Metric.Queries, 2);
            return ValueTask.CompletedTask;
        });
        Dictionary<Guid, long> sums = tenants.ToDictionary(tenant => tenant, _ => 0L);
        bool last;
        do
        {
            last = counting.IsCompleted;
            foreach ((UsageKey key, long amount) in meter.Take())
            {
                sums[key.TenantUid] += amount;
            }
        }
        while (!last);

        Assert.All(sums.Values, sum => Assert.Equal(200_000, sum));
    }

    [Fact]
    public void Days_are_those_of_utc()
    {
        Meter meter = new(_time);
        meter.Count(Guid.Empty, Metric.Queries);
        _time.Advance(TimeSpan.FromSeconds(1));
        meter.Count(Guid.Empty, Metric.Queries);
        Assert.Equal([new DateOnly(2026, 5, 31), new DateOnly(2026, 6, 1)], meter.Take().Keys.Select(key => key.Day).Order());
    }

    [Fact]
    public void Counting_again_allocates_nothing()
    {
        Meter meter = new(_time);
        meter.Count(Guid.Empty, Metric.Queries);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            meter.Count(Guid.Empty, Metric.Queries);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }

    [Fact]
    public void Many_entries_ask_for_a_flush()
    {
        Meter meter = new(_time);
        for (int i = 0; i < 9_999; i++)
        {
            meter.Count(Guid.NewGuid(), Metric.Queries);
        }

        Assert.False(meter.Crowded.IsCompleted);
        meter.Count(Guid.NewGuid(), Metric.Queries);
        Assert.True(meter.Crowded.IsCompleted);
        meter.Take();
        Assert.False(meter.Crowded.IsCompleted);
    }
}
