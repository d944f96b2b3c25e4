using System.Threading.RateLimiting;
using Freehold.Ai;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Ai;

/// <summary>Who may ask a model next.</summary>
public sealed class ModelTurnsTests
{
    private static readonly Guid Bulk = Guid.NewGuid();
    private static readonly Guid Single = Guid.NewGuid();

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Ten_thousand_requests_of_a_tenant_delay_another_tenants_one_by_one()
    {
        using ModelTurns turns = new(100, requestsPerMinute: 60, tokensPerMinute: null, _time);
        Task<RateLimitLease>[] bulk = [.. Enumerable.Range(0, 10_000).Select(_ => TakeAsync(turns, Bulk))];
        int atOnce = bulk.Count(turn => turn.IsCompleted);

        Task<RateLimitLease> single = TakeAsync(turns, Single);
        for (int i = 0; i < 3 && !single.IsCompleted; i++)
        {
            await PassAsync(TimeSpan.FromSeconds(1.1));
        }

        Assert.True(single.IsCompleted);
        Assert.InRange(bulk.Count(turn => turn.IsCompleted) - atOnce, 0, 2);
    }

    [Fact]
    public async Task Tokens_a_minute_are_kept_over_time()
    {
        using ModelTurns turns = new(1000, requestsPerMinute: null, tokensPerMinute: 6_000, _time);
        Task<RateLimitLease>[] bulk = [.. Enumerable.Range(0, 1_000).Select(_ => TakeAsync(turns, Bulk, tokens: 100))];

        for (int i = 0; i < 120; i++)
        {
            await PassAsync(TimeSpan.FromSeconds(0.5));
        }

        // A minute's, and the ten seconds' worth that there was at first.
        Assert.InRange(bulk.Count(turn => turn.IsCompleted), 55, 70);
    }

    [Fact]
    public async Task Request_for_more_tokens_than_ten_seconds_allow_goes_through_and_is_paid_off()
    {
        using ModelTurns turns = new(10, requestsPerMinute: null, tokensPerMinute: 600, _time);

        Task<RateLimitLease> large = TakeAsync(turns, Bulk, tokens: 600);
        Task<RateLimitLease> next = TakeAsync(turns, Bulk, tokens: 10);
        await PassAsync(TimeSpan.FromSeconds(49));
        bool early = next.IsCompleted;
        await PassAsync(TimeSpan.FromSeconds(4));

        Assert.True(large.IsCompleted);
        Assert.False(early);
        Assert.True(next.IsCompleted);
    }

    [Fact]
    public async Task Query_goes_before_documents_that_came_first_and_finds_a_reserve()
    {
        using ModelTurns turns = new(100, requestsPerMinute: 60, tokensPerMinute: null, _time);
        Task<RateLimitLease>[] bulk = [.. Enumerable.Range(0, 100).Select(_ => TakeAsync(turns, Bulk))];

        Task<RateLimitLease> first = TakeAsync(turns, Bulk, EmbeddingUse.Query);
        Assert.True(first.IsCompleted);
        Task<RateLimitLease> second = TakeAsync(turns, Single, EmbeddingUse.Query);
        int before = bulk.Count(turn => turn.IsCompleted);
        await PassAsync(TimeSpan.FromSeconds(1.1));

        Assert.True(second.IsCompleted);
        Assert.Equal(before, bulk.Count(turn => turn.IsCompleted));
    }

    [Fact]
    public async Task Requests_at_a_time_are_kept_and_documents_leave_one_to_queries()
    {
        using ModelTurns turns = new(3, null, null, _time);
        Task<RateLimitLease>[] bulk = [.. Enumerable.Range(0, 5).Select(_ => TakeAsync(turns, Bulk))];
        Assert.Equal(2, bulk.Count(turn => turn.IsCompleted));

        Task<RateLimitLease> query = TakeAsync(turns, Single, EmbeddingUse.Query);
        Assert.True(query.IsCompleted);
        Assert.False(TakeAsync(turns, Single, EmbeddingUse.Query).IsCompleted);

        (await bulk[0]).Dispose();
        (await bulk[0]).Dispose();
        (await query).Dispose();
        await PassAsync(TimeSpan.Zero);

        Assert.Equal(2, bulk.Count(turn => turn.IsCompleted));
        (await bulk[1]).Dispose();
        await PassAsync(TimeSpan.Zero);
        Assert.Equal(3, bulk.Count(turn => turn.IsCompleted));
    }

    [Fact]
    public async Task Request_called_off_takes_no_turn()
    {
        using ModelTurns turns = new(1, null, null, _time);
        RateLimitLease running = await TakeAsync(turns, Bulk);
        using CancellationTokenSource off = new();
        Task<RateLimitLease> calledOff = TakeAsync(turns, Bulk, cancellationToken: off.Token);
        Task<RateLimitLease> next = TakeAsync(turns, Bulk);

        await off.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calledOff);
        running.Dispose();

        Assert.True((await next.WaitAsync(TimeSpan.FromSeconds(5))).IsAcquired);
    }

    [Fact]
    public async Task Pause_holds_everybody_and_refuses_who_cannot_wait_so_long()
    {
        using ModelTurns turns = new(10, null, null, _time);
        turns.Pause(TimeSpan.FromSeconds(30));
        turns.Pause(TimeSpan.FromSeconds(5));

        RateLimitLease refused = await TakeAsync(turns, Bulk, patience: TimeSpan.FromSeconds(29));
        Task<RateLimitLease> patient = TakeAsync(turns, Bulk);
        await PassAsync(TimeSpan.FromSeconds(29));
        bool early = patient.IsCompleted;
        await PassAsync(TimeSpan.FromSeconds(1.1));

        Assert.False(refused.IsAcquired);
        Assert.True(refused.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan again) && again == TimeSpan.FromSeconds(30));
        Assert.False(early);
        Assert.True((await patient).IsAcquired);
    }

    private static Task<RateLimitLease> TakeAsync(
        ModelTurns turns,
        Guid tenant,
        EmbeddingUse use = EmbeddingUse.Document,
        int tokens = 1,
        TimeSpan? patience = null,
        CancellationToken cancellationToken = default) =>
        turns.TakeAsync(new ModelRequest(tenant, use, tokens, 0), patience ?? TimeSpan.FromHours(1), cancellationToken).AsTask();

    /// <summary>Lets time pass, and those whose turn has come notice.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        await Task.Delay(50);
    }
}
