using Freehold.Tenants;

namespace Freehold.Usage;

/// <summary>How many tokens tenants had embedded this month.</summary>
public sealed class EmbeddedTokens(Plans plans, Meter meter, UsageFlush flush, UsageStore store, TimeProvider time) : IDisposable
{
    private readonly MonthlySums _sums = new(Metric.TokensEmbedded, meter, flush, store, time);

    /// <summary>Adds to a tenant's tokens.</summary>
    public void Count(Guid tenantUid, long tokens) => _sums.Count(tenantUid, tokens);

    /// <inheritdoc/>
    public void Dispose() => _sums.Dispose();

    /// <summary>What the plan lacks for so many more; null when there is enough.</summary>
    internal async Task<Shortage?> FindShortageAsync(TenantPlacement tenant, long tokens, CancellationToken cancellationToken)
    {
        if (plans.Of(tenant.Plan).EmbeddedTokensPerMonth is not { } limit)
        {
            return null;
        }

        long used = await _sums.FindAsync(tenant.Uid, cancellationToken);
        return used + tokens > limit ? Shortage.OfTokens(limit, used) : null;
    }

    /// <summary>When the next month begins.</summary>
    internal DateTimeOffset NextMonth => _sums.NextMonth;
}
