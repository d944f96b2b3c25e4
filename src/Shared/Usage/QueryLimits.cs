using System.Collections.Concurrent;
using Freehold.Tenants;

namespace Freehold.Usage;

/// <summary>
/// Lets a tenant's queries in at the pace and in the number of its plan, on this host. Asks no server, and forgets tenants that
/// have not asked anything for a while.
/// </summary>
public sealed class QueryLimits : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(2);

    // A search takes a few milliseconds: who comes a moment too early need not come again.
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<Guid, TenantQueries> _tenants = new();
    private readonly Plans _plans;
    private readonly Meter _meter;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    /// <summary>Begins with nobody known.</summary>
    public QueryLimits(Plans plans, Meter meter, TimeProvider time)
    {
        _plans = plans;
        _meter = meter;
        _time = time;
        _sweep = time.CreateTimer(_ => ForgetIdle(), null, Idle / 2, Idle / 2);
    }

    /// <summary>Tenants in memory.</summary>
    internal int Known => _tenants.Count;

    /// <summary>Lets a query in.</summary>
    /// <returns>Its place among the tenant's searches; dispose it when the search has ended.</returns>
    /// <exception cref="LimitRefusalException">It came too soon after others, or too many are under way.</exception>
    public ValueTask<QueryPlace> EnterAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        Count(tenant);
        return EnterCountedAsync(tenant, cancellationToken);
    }

    /// <summary>Counts a query whose search comes later.</summary>
    /// <exception cref="TooManyQueriesException">It came too soon after others.</exception>
    public void Count(TenantPlacement tenant)
    {
        if (TryJoin(tenant) is not { } queries)
        {
            return;
        }

        bool isTaken = queries.Bucket.TryTake(out TimeSpan wait);
        queries.Leave();
        if (!isTaken)
        {
            _meter.Count(tenant.Uid, Metric.RefusedQueries);
            throw new TooManyQueriesException(queries.Bucket.PerMinute, wait);
        }
    }

    /// <summary>Lets the search of a query in that was counted.</summary>
    /// <returns>Its place among the tenant's searches; dispose it when the search has ended.</returns>
    /// <exception cref="TooManySearchesException">Too many are under way. The query is not counted then.</exception>
    public ValueTask<QueryPlace> EnterCountedAsync(TenantPlacement tenant, CancellationToken cancellationToken) =>
        TryJoin(tenant) is not { } queries ? default
        : queries.Gate.Wait(0, CancellationToken.None) ? ValueTask.FromResult(new QueryPlace(queries))
        : WaitAsync(tenant.Uid, queries, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _sweep.Dispose();

    private async ValueTask<QueryPlace> WaitAsync(Guid tenantUid, TenantQueries queries, CancellationToken cancellationToken)
    {
        bool entered = false;
        try
        {
            entered = await queries.Gate.WaitAsync(ShortWait, cancellationToken);
        }
        finally
        {
            if (!entered)
            {
                queries.Bucket.GiveBack();
                queries.Leave();
            }
        }

        if (!entered)
        {
            _meter.Count(tenantUid, Metric.RefusedQueries);
            throw new TooManySearchesException(queries.Places);
        }

        return new QueryPlace(queries);
    }

    /// <returns>Null where the plan sets no limits.</returns>
    private TenantQueries? TryJoin(TenantPlacement tenant)
    {
        Plan plan = _plans.Of(tenant.Plan);
        return plan is { QueriesPerMinute: null, ConcurrentSearches: null } ? null : Join(tenant.Uid, plan);
    }

    private TenantQueries Join(Guid tenantUid, Plan plan)
    {
        while (true)
        {
            TenantQueries queries = _tenants.GetOrAdd(
                tenantUid, static (_, state) => new TenantQueries(state.plan, state._time), (plan, _time));
            if (!queries.IsOf(plan))
            {
                // Those under way leave by the gate through which they came.
                TenantQueries renewed = new(plan, _time);
                queries = _tenants.TryUpdate(tenantUid, renewed, queries) ? renewed : _tenants.GetOrAdd(tenantUid, renewed);
            }

            if (queries.TryJoin())
            {
                return queries;
            }

            _tenants.TryRemove(KeyValuePair.Create(tenantUid, queries));
        }
    }

    private void ForgetIdle()
    {
        foreach ((Guid tenantUid, TenantQueries queries) in _tenants)
        {
            if (queries.TryRetire(Idle))
            {
                _tenants.TryRemove(KeyValuePair.Create(tenantUid, queries));
            }
        }
    }
}

/// <summary>A place among a tenant's searches, until it is disposed.</summary>
public readonly record struct QueryPlace : IDisposable
{
    private readonly TenantQueries? _queries;

    internal QueryPlace(TenantQueries queries) => _queries = queries;

    /// <inheritdoc/>
    public void Dispose()
    {
        _queries?.Gate.Release();
        _queries?.Leave();
    }
}
