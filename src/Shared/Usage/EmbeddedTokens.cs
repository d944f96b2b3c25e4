using Freehold.Tenants;
using Microsoft.Extensions.Caching.Memory;

namespace Freehold.Usage;

/// <summary>How many tokens tenants had embedded this month (UTC), over all hosts, a few seconds late for what others count.</summary>
public sealed class EmbeddedTokens(Plans plans, Meter meter, UsageFlush flush, UsageStore store, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(10);
    private const int MostCachedTenants = 20_000;

    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MostCachedTenants });

    /// <summary>Adds to a tenant's tokens.</summary>
    public void Count(Guid tenantUid, long tokens)
    {
        meter.Count(tenantUid, Metric.TokensEmbedded, tokens);
        if (_remembered.TryGetValue(tenantUid, out Sum? sum))
        {
            Interlocked.Add(ref sum!.Tokens, tokens);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _remembered.Dispose();

    /// <summary>What the plan lacks for so many more; null when there is enough.</summary>
    internal async Task<Shortage?> FindShortageAsync(TenantPlacement tenant, long tokens, CancellationToken cancellationToken)
    {
        if (plans.Of(tenant.Plan).EmbeddedTokensPerMonth is not { } limit)
        {
            return null;
        }

        long used = await SumAsync(tenant.Uid, cancellationToken);
        return used + tokens > limit ? Shortage.OfTokens(limit, used) : null;
    }

    /// <summary>When the next month begins.</summary>
    internal DateTimeOffset NextMonth => new(FirstOfMonth.AddMonths(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private DateOnly FirstOfMonth
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow();
            return new DateOnly(now.Year, now.Month, 1);
        }
    }

    private async Task<long> SumAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        DateOnly month = FirstOfMonth;
        if (!_remembered.TryGetValue(tenantUid, out Sum? sum) || sum!.Month != month)
        {
            // What this host has counted is in the catalog then.
            await flush.RunAsync(cancellationToken);
            sum = new Sum(month, await store.SumAsync(tenantUid, Metric.TokensEmbedded, month, cancellationToken));
            _remembered.Set(tenantUid, sum, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Moment });
        }

        return Interlocked.Read(ref sum.Tokens);
    }

    private sealed class Sum(DateOnly month, long tokens)
    {
        public long Tokens = tokens;

        public DateOnly Month { get; } = month;
    }
}
