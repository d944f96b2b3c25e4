using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Usage;

public sealed class ConnectionsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Plan_bounds_the_connections_and_another_plan_takes_effect_with_connections_in_use()
    {
        await using ServiceProvider host = freehold.Build(new()
        {
            ["Postgres:ConnectionsPerTenant"] = "3",
            ["Postgres:ConnectTimeout"] = "00:00:01",
            ["Tenants:DefaultPlan"] = "two",
            ["Tenants:Plans:0:Name"] = "two",
            ["Tenants:Plans:0:Connections"] = "2",
            ["Tenants:Plans:1:Name"] = "ten",
            ["Tenants:Plans:1:Connections"] = "10",
            ["Tenants:Plans:2:Name"] = "one",
            ["Tenants:Plans:2:Connections"] = "1",
        });
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement two = tenant with { Plan = "two" };
        TenantPlacement ten = tenant with { Plan = "ten" };
        TenantPlacement one = tenant with { Plan = "one" };

        TenantConnection first = await sources.OpenAsync(two, WakeCause.Search, default);
        TenantConnection second = await sources.OpenAsync(two, WakeCause.Search, default);
        await Assert.ThrowsAsync<TimeoutException>(async () => await sources.OpenAsync(two, WakeCause.Search, default));

        // The host's own bound stays, whatever the plan.
        TenantConnection third = await sources.OpenAsync(ten, WakeCause.Search, default);
        await Assert.ThrowsAsync<TimeoutException>(async () => await sources.OpenAsync(ten, WakeCause.Search, default));
        Assert.Equal(3, sources.OpenConnections);

        // What is taken away is taken away as it comes back.
        await Assert.ThrowsAsync<TimeoutException>(async () => await sources.OpenAsync(one, WakeCause.Search, default));
        await first.DisposeAsync();
        await second.DisposeAsync();
        await Assert.ThrowsAsync<TimeoutException>(async () => await sources.OpenAsync(one, WakeCause.Search, default));
        await third.DisposeAsync();
        await using TenantConnection last = await sources.OpenAsync(one, WakeCause.Search, default);
        await Assert.ThrowsAsync<TimeoutException>(async () => await sources.OpenAsync(one, WakeCause.Search, default));
    }
}
