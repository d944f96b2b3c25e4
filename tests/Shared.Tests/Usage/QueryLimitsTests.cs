using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Usage;

public sealed class QueryLimitsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Meter _meter;
    private readonly QueryLimits _limits;
    private readonly TenantPlacement _tenant = Placement("small");

    public QueryLimitsTests()
    {
        _meter = new Meter(_time);
        Plans plans = new(
            Options.Create(new TenantsOptions
            {
                AdminKeySha256 = string.Empty,
                CredentialKeys = [],
                DefaultPlan = "small",
                Plans =
                [
                    new Plan { Name = "small", QueriesPerMinute = 60, ConcurrentSearches = 20 },
                    new Plan { Name = "large", QueriesPerMinute = 6_000, ConcurrentSearches = 2 },
                    new Plan { Name = "all" },
                ],
            }),
            NullLogger<Plans>.Instance);
        _limits = new QueryLimits(plans, _meter, _time);
    }

    public void Dispose() => _limits.Dispose();

    [Fact]
    public async Task Burst_is_ten_seconds_worth_and_then_one_comes_in_each_second()
    {
        Assert.Equal(10, await AskAsync(_tenant, 30));

        TooManyQueriesException refusal = await Assert.ThrowsAsync<TooManyQueriesException>(
            async () => await _limits.EnterAsync(_tenant, default));
        Assert.Equal((60, 1.0), (refusal.Limit, refusal.RetryAfter!.Value.TotalSeconds));

        _time.Advance(refusal.RetryAfter.Value);
        Assert.Equal(1, await AskAsync(_tenant, 5));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(10, await AskAsync(_tenant, 30));
        Assert.Equal(20 + 1 + 4 + 20, _meter.Take().Single(count => count.Key.Metric == Metric.RefusedQueries).Value);
    }

    [Fact]
    public async Task Query_whose_search_comes_later_is_counted_once_and_takes_a_place_only_then()
    {
        TenantPlacement tenant = Placement("large");
        using QueryPlace first = await _limits.EnterAsync(tenant, default);
        using QueryPlace second = await _limits.EnterAsync(tenant, default);
        _limits.Count(tenant);
        await Assert.ThrowsAsync<TooManySearchesException>(async () => await _limits.EnterCountedAsync(tenant, default));

        for (int i = 0; i < 10; i++)
        {
            _limits.Count(_tenant);
        }

        Assert.Throws<TooManyQueriesException>(() => _limits.Count(_tenant));
        (await _limits.EnterCountedAsync(_tenant, default)).Dispose();
    }

    [Fact]
    public async Task Tenants_do_not_share_a_limit()
    {
        Assert.Equal(10, await AskAsync(_tenant, 30));
        Assert.Equal(10, await AskAsync(Placement("small"), 30));
    }

    [Fact]
    public async Task Search_that_ends_makes_way_for_the_next_and_a_refused_one_is_not_counted()
    {
        TenantPlacement tenant = Placement("large");
        QueryPlace first = await _limits.EnterAsync(tenant, default);
        using QueryPlace second = await _limits.EnterAsync(tenant, default);
        TooManySearchesException refusal = await Assert.ThrowsAsync<TooManySearchesException>(
            async () => await _limits.EnterAsync(tenant, default));
        Assert.Equal(2, refusal.Limit);

        first.Dispose();
        (await _limits.EnterAsync(tenant, default)).Dispose();
    }

    [Fact]
    public async Task Larger_plan_counts_at_once_and_disturbs_nobody_under_way()
    {
        using QueryPlace under = await _limits.EnterAsync(_tenant, default);
        Assert.Equal(9, await AskAsync(_tenant, 30));
        Assert.Equal(1_000, await AskAsync(_tenant with { Plan = "large" }, 2_000));
    }

    [Fact]
    public async Task Plan_without_limits_lets_everybody_in_and_remembers_nobody()
    {
        Assert.Equal(10_000, await AskAsync(Placement("all"), 10_000));
        Assert.Equal(0, _limits.Known);
    }

    [Fact]
    public async Task Tenants_that_ask_nothing_are_forgotten_but_not_those_under_way()
    {
        using QueryPlace under = await _limits.EnterAsync(_tenant, default);
        await AskAsync(Placement("small"), 30);
        Assert.Equal(2, _limits.Known);

        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(1, _limits.Known);
        under.Dispose();
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(0, _limits.Known);
    }

    private async Task<int> AskAsync(TenantPlacement tenant, int times)
    {
        int answered = 0;
        for (int i = 0; i < times; i++)
        {
            try
            {
                using QueryPlace place = await _limits.EnterAsync(tenant, default);
                answered++;
            }
            catch (TooManyQueriesException)
            {
                // Counted by the test.
            }
        }

        return answered;
    }

    private static TenantPlacement Placement(string plan) =>
        new(Guid.NewGuid(), TenantId.Parse("acme"), TenantState.Active, plan, "postgres", null, null, null, null, null, null, null, "lexical-384", "local");
}
