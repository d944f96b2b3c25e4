using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Integration.Tests.Postgres;

/// <summary>Memory is the whole process', so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;

[Collection(nameof(MeasuredAlone))]
public sealed class IdleTenantsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int Tenants = 40;
    private const int WarmUp = 10;
    private const int MostBytesOfTenant = 4 * 1024;

    [ServerFact]
    public async Task Tenant_that_has_become_idle_leaves_no_connection_and_next_to_no_memory()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using ServiceProvider host = freehold.Build(
            new() { ["Postgres:IdleTimeout"] = "00:01:00" }, services => services.AddSingleton<TimeProvider>(time));
        (TenantPlacement Placement, string Key)[] tenants = await MakeAsync();
        // What compiled code and the driver keep once for all is not to be counted.
        await UseAsync(host, time, tenants[..WarmUp]);
        await UseAsync(host, time, tenants[..WarmUp]);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await UseAsync(host, time, tenants[WarmUp..]);
        long left = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.InRange(left, long.MinValue, (Tenants - WarmUp) * MostBytesOfTenant);
    }

    /// <summary>Searches each, and lets them become idle.</summary>
    private static async Task UseAsync(ServiceProvider host, FakeTimeProvider time, (TenantPlacement Placement, string Key)[] tenants)
    {
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        foreach ((TenantPlacement placement, string key) in tenants)
        {
            await SearchAsync(host, placement, key);
        }

        Assert.Equal(tenants.Length, sources.OpenConnections);
        Assert.Equal(tenants.Length, host.GetRequiredService<QueryLimits>().Known);
        await BecomeIdleAsync(host, time);

        Assert.Equal(0, sources.OpenConnections);
        Assert.Empty(sources.Roles());
        Assert.Equal(0, host.GetRequiredService<QueryLimits>().Known);
        string roles = string.Join(',', tenants.Select(tenant => $"'{tenant.Placement.Role}'"));
        await FreeholdFixture.EventuallyAsync(async () => await FreeholdFixture.ServerScalarAsync<long>(
            $"select count(*) from pg_stat_activity where usename in ({roles})") == 0);
    }

    private async Task<(TenantPlacement Placement, string Key)[]> MakeAsync()
    {
        var tenants = new (TenantPlacement, string)[Tenants];
        await Parallel.ForAsync(0, Tenants, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, token) =>
        {
            TenantPlacement placement = await freehold.ProvisionAsync("free");
            tenants[i] = (placement, (await freehold.Get<ApiKeys>().CreateAsync(placement.Id, "idle", null, null, token)).Secret!);
        });
        return tenants;
    }

    /// <summary>As the function does.</summary>
    private static async Task SearchAsync(ServiceProvider host, TenantPlacement placement, string key)
    {
        TenantPlacement found = await host.GetRequiredService<KeyCheck>().RequireTenantAsync($"Bearer {key}", placement.Id.Value, Scopes.Search, default);
        using QueryPlace place = await host.GetRequiredService<QueryLimits>().EnterAsync(found, default);
        await host.GetRequiredService<SearchChunks>().RunAsync(found, new SearchRequest("bicycle"), default);
    }

    private static async Task BecomeIdleAsync(ServiceProvider host, FakeTimeProvider time)
    {
        for (int minutes = 0; minutes < 5; minutes++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
        }

        await host.GetRequiredService<UsageFlush>().RunAsync(default);
    }
}
