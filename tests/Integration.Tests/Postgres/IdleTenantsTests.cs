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
    private const int MostBytesOfTenant = 4 * 1024;

    [ServerFact]
    public async Task Tenant_that_has_become_idle_leaves_no_connection_and_next_to_no_memory()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using ServiceProvider host = freehold.Build(
            new() { ["Postgres:IdleTimeout"] = "00:01:00" }, services => services.AddSingleton<TimeProvider>(time));
        (TenantPlacement Placement, string Key)[] tenants = await MakeAsync();
        string roles = string.Join(',', tenants.Select(tenant => $"'{tenant.Placement.Role}'"));
        string sessions = $"select count(*) from pg_stat_activity where usename in ({roles})";
        long most = long.MaxValue;

        // The first time compiles code and fills what is there once.
        for (int times = 0; times < 3; times++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            foreach ((TenantPlacement placement, string key) in tenants)
            {
                await SearchAsync(host, placement, key);
            }

            Assert.Equal(Tenants, host.GetRequiredService<TenantDataSources>().OpenConnections);
            Assert.Equal(Tenants, host.GetRequiredService<QueryLimits>().Known);
            await BecomeIdleAsync(host, time);

            Assert.Equal(0, host.GetRequiredService<TenantDataSources>().OpenConnections);
            Assert.Empty(host.GetRequiredService<TenantDataSources>().Roles());
            Assert.Equal(0, host.GetRequiredService<QueryLimits>().Known);
            await FreeholdFixture.EventuallyAsync(async () => await FreeholdFixture.ServerScalarAsync<long>(sessions) == 0);
            most = Math.Min(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.InRange(most, long.MinValue, Tenants * MostBytesOfTenant);
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
