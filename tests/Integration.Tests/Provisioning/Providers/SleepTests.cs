using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Consumption;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Providers;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>Computes sleep when nobody asks, are woken by their own traffic alone, and stop where their quota ends.</summary>
public sealed class SleepTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    [ServerFact]
    public async Task Nothing_that_watches_wakes_a_tenant_and_what_wakes_it_is_counted_by_cause()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        string project = await neon.ProjectAsync(tenant);
        await using ServiceProvider host = neon.Build([]);
        neon.Neon.LetSleep(project);
        int before = neon.Neon.Wakes.Count;

        await host.GetRequiredService<DescribeFleet>().RunAsync(default);
        await host.GetRequiredService<PullConsumption>().RunAsync(default);
        await host.GetRequiredService<ReadUsage>().RunAsync(tenant.Id, null, null, default);
        await host.GetRequiredService<Reconcile>().RunAsync(default);
        Assert.Equal(before, neon.Neon.Wakes.Count);

        await SearchAsync(host, tenant);
        await SearchAsync(host, tenant);
        Assert.Equal(before + 1, neon.Neon.Wakes.Count);
        await host.GetRequiredService<UsageFlush>().RunAsync(default);

        FleetOverview fleet = await host.GetRequiredService<DescribeFleet>().RunAsync(default);
        TenantWakes wakes = Assert.Single(fleet.Wakes.Tenants, each => each.Tenant == tenant.Id.Value);
        Assert.Equal(1, wakes.Causes["search"]);
        Assert.True(fleet.Wakes.Causes["search"] >= 1);

        // So is what its operator orders, by whichever host, once for all connections that it takes.
        await using ServiceProvider other = neon.Build([]);
        neon.Neon.LetSleep(project);
        await other.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default);
        await other.GetRequiredService<UsageFlush>().RunAsync(default);
        fleet = await host.GetRequiredService<DescribeFleet>().RunAsync(default);
        wakes = Assert.Single(fleet.Wakes.Tenants, each => each.Tenant == tenant.Id.Value);
        Assert.Equal((1, 1), (wakes.Causes["search"], wakes.Causes["upkeep"]));
    }

    [ServerFact]
    public async Task A_compute_that_wakes_more_slowly_than_one_attempt_waits_is_entered_by_the_second()
    {
        await using NeonSimulator slow = await NeonSimulator.StartAsync(new SimulatorOptions
        {
            Postgres = TestServers.Postgres,
            IdPrefix = "slow-project",
            OperationTime = TimeSpan.FromMilliseconds(1),
            ColdStart = TimeSpan.FromSeconds(4),
        });
        await using ServiceProvider host = neon.Build(new()
        {
            ["Provisioning:Neon:ApiAddress"] = slow.Address.AbsoluteUri,
            ["Provisioning:Neon:Port"] = slow.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Provisioning:Neon:ConnectTimeout"] = "00:00:03",
        });
        TenantPlacement tenant = await neon.ProvisionAsync(host);
        host.GetRequiredService<TenantDataSources>().Close(tenant.Uid);
        slow.LetSleep(slow.Projects.Single(project => project.Value == tenant.Database).Key);

        await SearchAsync(host, tenant);
    }

    [ServerFact]
    public async Task A_compute_wakes_while_the_query_is_embedded()
    {
        await using WordServer model = new();
        await using ServiceProvider host = neon.Build(model.Settings(isDefault: true));
        TenantPlacement tenant = await neon.ProvisionAsync(host);
        string project = await neon.ProjectAsync(tenant);
        neon.Neon.LetSleep(project);
        model.Thinks = TimeSpan.FromSeconds(1.5);

        Task search = host.GetRequiredService<SearchChunks>().RunAsync(tenant, new SearchRequest("lighthouse", Mode: "dense"), default);
        await FreeholdFixture.EventuallyAsync(() => Task.FromResult(neon.Neon.Wakes.Any(wake => wake.ProjectId == project && wake.IsPooled)));
        Assert.False(search.IsCompleted);
        await search;
    }

    [ServerFact]
    public async Task A_database_whose_quota_is_used_up_is_shown_as_such_until_when_and_is_no_outage()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        string project = await neon.ProjectAsync(tenant);
        await using ServiceProvider host = neon.Build([]);
        await EndRoundAsync();
        await host.GetRequiredService<PullConsumption>().RunAsync(default);
        neon.Neon.SetOverQuota(project, isOver: true);

        DatabaseOverQuotaException refused = await Assert.ThrowsAsync<DatabaseOverQuotaException>(() => SearchAsync(host, tenant));
        Assert.InRange(refused.ResetsAt!.Value, DateTimeOffset.UtcNow.AddDays(27), DateTimeOffset.UtcNow.AddDays(32));
        Tenant shown = (await host.GetRequiredService<TenantCatalog>().FindAsync(tenant.Id, default))!;
        Assert.Equal(refused.ResetsAt, shown.OverQuota!.ResetsAt);

        await Assert.ThrowsAsync<DatabaseOverQuotaException>(() => host.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default));

        neon.Neon.SetOverQuota(project, isOver: false);
        await SearchAsync(host, tenant);
        Assert.Null((await host.GetRequiredService<TenantCatalog>().FindAsync(tenant.Id, default))!.OverQuota);
    }

    [ServerFact]
    public async Task What_one_host_has_noted_of_a_quota_another_clears_and_so_does_another_plan()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        string project = await neon.ProjectAsync(tenant);
        await using ServiceProvider host = neon.Build([]);
        await using ServiceProvider other = neon.Build([]);
        await RefuseAsync();
        neon.Neon.SetOverQuota(project, isOver: false);

        await SearchAsync(other, await neon.Freehold.PlacementAsync(tenant.Id));
        Assert.Null(await OverQuotaAsync());

        await RefuseAsync();
        await other.GetRequiredService<ChangeTenant>().RunAsync(tenant.Id, TenantChange.SetPlan("standard"), Caller.Admin(), TimeSpan.Zero, default);
        Assert.Null(await OverQuotaAsync());

        async Task RefuseAsync()
        {
            neon.Neon.SetOverQuota(project, isOver: true);
            await Assert.ThrowsAsync<DatabaseOverQuotaException>(() => SearchAsync(host, tenant));
            Assert.NotNull(await OverQuotaAsync());
        }

        async Task<QuotaStop?> OverQuotaAsync() => (await other.GetRequiredService<TenantCatalog>().FindAsync(tenant.Id, default))!.OverQuota;
    }

    [ServerFact]
    public async Task A_compute_that_lets_nobody_in_though_its_tenant_is_active_is_a_server_that_is_away()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        await using ServiceProvider host = neon.Build([]);
        await host.GetRequiredService<DatabaseProviders>().Of("neon").CloseAccessAsync(tenant.Database!, tenant.Role!, default);

        await Assert.ThrowsAsync<ServerUnavailableException>(() => SearchAsync(host, tenant));
        await Assert.ThrowsAsync<ServerUnavailableException>(() => host.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default));
    }

    [ServerFact]
    public async Task A_compute_whose_time_for_the_month_is_over_is_woken_no_more_and_one_that_is_awake_goes_on()
    {
        Dictionary<string, string?> plans = new()
        {
            ["Tenants:DefaultPlan"] = "short",
            ["Tenants:Plans:0:Name"] = "short",
            ["Tenants:Plans:0:AwakeSecondsPerMonth"] = "120",
        };
        await using ServiceProvider host = neon.Build(plans);
        TenantPlacement tenant = await neon.ProvisionAsync(host, "short");
        await SearchAsync(host, tenant);
        await host.GetRequiredService<UsageFlush>().RunAsync(default);
        await SearchAsync(host, tenant);

        await using ServiceProvider other = neon.Build(plans);
        AwakeTimeExceededException refused = await Assert.ThrowsAsync<AwakeTimeExceededException>(() => SearchAsync(other, tenant));
        Assert.Equal("awake-seconds", refused.Quota);
        Assert.Equal(1, refused.ResetsAt!.Value.Day);
    }

    [ServerFact]
    public async Task Time_awake_is_counted_by_the_time_that_the_plan_lets_a_compute_run_on()
    {
        await using ServiceProvider host = neon.Build(new()
        {
            ["Provisioning:Neon:Plans:0:Name"] = "standard",
            ["Provisioning:Neon:Plans:0:SuspendTimeout"] = "01:00:00",
        });
        TenantPlacement tenant = await neon.ProvisionAsync(host, "standard");
        TenantPlacement other = await neon.ProvisionAsync(host, "enterprise");
        await SearchAsync(host, tenant);
        await SearchAsync(host, other);

        await host.GetRequiredService<UsageFlush>().RunAsync(default);
        Assert.InRange(await AwakeSecondsAsync(host, tenant), 3600, 3700);
        Assert.InRange(await AwakeSecondsAsync(host, other), 300, 400);

        // So is what the owner does, whichever host it is.
        await using ServiceProvider upkeep = neon.Build(new()
        {
            ["Provisioning:Neon:Plans:0:Name"] = "standard",
            ["Provisioning:Neon:Plans:0:SuspendTimeout"] = "02:00:00",
        });
        await upkeep.GetRequiredService<DatabaseProviders>().Of("neon").MigrateAsync(tenant.Database!, default);
        await upkeep.GetRequiredService<UsageFlush>().RunAsync(default);
        Assert.InRange(await AwakeSecondsAsync(host, tenant), 3600 + 7200, 3700 + 7300);
    }

    [ServerFact]
    public async Task Time_awake_is_counted_in_full_however_short_the_steps()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow.Date.AddHours(12));
        await using ServiceProvider host = neon.Build([], services => services.AddSingleton<TimeProvider>(time));
        TenantPlacement tenant = await neon.ProvisionAsync();
        Wakes wakes = host.GetRequiredService<Wakes>();
        for (int i = 0; i < 200; i++)
        {
            wakes.Entered(tenant.Uid, WakeCause.Search, TimeSpan.FromMinutes(1));
            time.Advance(TimeSpan.FromMilliseconds(300));
            wakes.Left(tenant.Uid, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        }

        await host.GetRequiredService<UsageFlush>().RunAsync(default);
        UsageReport report = await host.GetRequiredService<ReadUsage>().RunAsync(tenant.Id, null, null, default);
        Assert.InRange(report.Days.Sum(day => day.AwakeSeconds), 178, 180);
    }

    [ServerFact]
    public async Task What_Neon_has_counted_stands_beside_what_we_have()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        DateTimeOffset today = new(DateTimeOffset.UtcNow.UtcDateTime.Date, TimeSpan.Zero);
        string project = await neon.ProjectAsync(tenant);
        neon.Neon.SetConsumption(project, today, today.AddDays(1), "compute_unit_seconds", 41);
        await EndRoundAsync();
        await neon.Get<PullConsumption>().RunAsync(default);
        neon.Neon.SetConsumption(project, today, today.AddDays(1), "compute_unit_seconds", 42);
        Assert.Equal(0, await neon.Get<PullConsumption>().RunAsync(default));
        await EndRoundAsync();
        Assert.NotEqual(0, await neon.Get<PullConsumption>().RunAsync(default));

        UsageReport report = await neon.Get<ReadUsage>().RunAsync(tenant.Id, null, null, default);
        Assert.Contains(report.Days, day => day.ComputeUnitSeconds == 42);
    }

    private static async Task<long> AwakeSecondsAsync(ServiceProvider host, TenantPlacement tenant) =>
        (await host.GetRequiredService<ReadUsage>().RunAsync(tenant.Id, null, null, default)).Days.Sum(day => day.AwakeSeconds);

    /// <summary>As if a quarter of an hour had passed.</summary>
    private Task<object> EndRoundAsync() =>
        neon.CatalogAsync<object>("update catalog.consumption_rounds set began_at = now() - interval '1 hour' returning 1");

    private static Task<FoundPassages> SearchAsync(ServiceProvider host, TenantPlacement tenant) =>
        host.GetRequiredService<SearchChunks>().RunAsync(tenant, new SearchRequest("lighthouse", Mode: "lexical"), default);
}
