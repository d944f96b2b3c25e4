using Freehold.Integration.Tests.Fixtures;
using Freehold.Integration.Tests.Killing;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>What Neon has, compared with the catalog. Each test has a catalog and an account of its own.</summary>
public sealed class NeonReconcileTests : IAsyncLifetime
{
    private readonly NeonFixture _neon = new();
    private readonly List<ServiceProvider> _hosts = [];

    public Task InitializeAsync() => _neon.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (ServiceProvider host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _neon.DisposeAsync();
    }

    [ServerFact]
    public async Task Project_that_nobody_owns_is_removed_after_two_sightings_and_the_grace()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        TenantDatabase orphan = await MakeOrphanAsync();

        ReconciliationReport first = await ReconcileAsync();
        Assert.Equal([("database", orphan.Name, "neon")], first.Orphans.Select(seen => (seen.Kind, seen.Name, seen.Provider)));
        Assert.Empty((await ReconcileAsync()).Removed);
        ReconciliationReport late = await ReconcileAsync(hoursLater: 48);

        Assert.Equal([orphan.Name], late.Removed.Select(removed => removed.Name));
        Assert.Equal([tenant.Database], _neon.Neon.Projects.Values);
        Assert.Equal(0, late.DriftCount);
        Assert.Equal(1L, await _neon.CatalogAsync<long>("select count(*) from catalog.neon_projects"));
    }

    [ServerFact]
    public async Task Second_project_of_a_tenants_name_is_removed_and_the_tenants_own_stays()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        string project = await _neon.ProjectAsync(tenant);
        TenantDatabase second = await MakeOrphanAsync();
        string surplus = _neon.Neon.Projects.Single(made => made.Value == second.Name).Key;
        await RenameAsync(surplus, tenant.Database!);

        ReconciliationReport first = await ReconcileAsync();
        Assert.Equal([$"{tenant.Database}#{surplus}"], first.Orphans.Select(seen => seen.Name));
        await ReconcileAsync(hoursLater: 48);

        Assert.Equal([project], _neon.Neon.Projects.Keys);
        Assert.Empty(await _neon.SearchAsync(tenant, "anything"));
    }

    [ServerFact]
    public async Task Listing_that_is_not_whole_judges_nothing()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        TenantDatabase orphan = await MakeOrphanAsync();
        await ReconcileAsync();

        _neon.Neon.Faults.Then(new Fault(FaultKind.Unavailable) { Method = "GET", Route = "projects" });
        ReconciliationReport partial = await ReconcileAsync(hoursLater: 48);

        Assert.Equal((false, 0, 0), (partial.Complete, partial.OrphanCount, partial.DriftCount));
        Assert.Equal(["database (neon)"], partial.Unlisted);
        Assert.Equal([tenant.Database, orphan.Name], _neon.Neon.Projects.Values.OrderBy(name => name == orphan.Name));
        Assert.Equal([orphan.Name], (await ReconcileAsync(hoursLater: 48)).Removed.Select(removed => removed.Name));
    }

    [ServerFact]
    public async Task Tenant_without_its_project_is_reported_and_neon_that_is_away_is_not_mistaken_for_that()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        await _neon.Get<DatabaseProviders>().Of("neon").DropDatabaseAsync(tenant.Database!, default);

        Assert.Equal([(tenant.Id.Value, "database")], (await ReconcileAsync()).Drift.Select(drift => (drift.Tenant!, drift.Missing)));

        ReconciliationReport away = await ReconcileAsync(new()
        {
            ["Provisioning:Neon:ApiAddress"] = "http://127.0.0.1:1/",
            ["Provisioning:Neon:RetryBudget"] = "00:00:00",
        });
        Assert.Equal((false, 0), (away.Complete, away.DriftCount));
    }

    [ServerFact]
    public async Task Listing_that_was_killed_goes_on_at_its_page()
    {
        await using NeonSimulator large = await LargeAsync(projects: 2_000);
        Dictionary<string, string?> settings = SettingsOf(large);
        settings["Provisioning:Neon:RetryBudget"] = "00:00:00";
        large.Faults.Then(new Fault(FaultKind.Slow) { Method = "GET", Route = "projects", Delay = TimeSpan.Zero })
            .Then(new Fault(FaultKind.Slow) { Method = "GET", Route = "projects", Delay = TimeSpan.Zero })
            .Then(new Fault(FaultKind.CutBefore) { Method = "GET", Route = "projects" });

        Assert.False((await ReconcileAsync(settings)).Complete);
        int before = large.Requests.Count;
        ReconciliationReport whole = await ReconcileAsync(settings);

        // 400 a page: two were listed, three and an empty one are left.
        Assert.True(whole.Complete);
        Assert.InRange(large.Requests.Count - before, 3, 4);
        Assert.Equal(2_000, whole.OrphanCount);
        Assert.True(whole.TooMany);
    }

    [ServerFact]
    public async Task Listing_killed_here_and_there_ends_with_everything_seen()
    {
        await using NeonSimulator large = await LargeAsync(projects: 2_000);

        int kills = await new Kills(settings => _neon.Settings(new(settings.Concat(SettingsOf(large)))))
            .EverywhereAsync("reconcile", () => Task.FromResult("-"), atATime: 1, every: 9);

        Assert.InRange(kills, 2, 900);
        ReconciliationReport report = await ReconcileAsync(SettingsOf(large));
        Assert.Equal((true, 2_000), (report.Complete, report.OrphanCount));
        Assert.Equal(0L, await _neon.CatalogAsync<long>("select count(*) from catalog.listed_names"));
    }

    private async Task<NeonSimulator> LargeAsync(int projects)
    {
        string mark = await _neon.Get<InstallationMark>().FindAsync(default);
        NeonSimulator large = await NeonSimulator.StartAsync(new SimulatorOptions
        {
            ListedProjects = projects,
            ListedNames = [.. Enumerable.Range(0, projects).Select(i => $"t_{mark}{i:x16}")],
        });
        (large.Rates.PerMinute, large.Rates.PerSecondAndRoute) = (100_000, 10_000);
        return large;
    }

    private static Dictionary<string, string?> SettingsOf(NeonSimulator other) => new()
    {
        ["Provisioning:Neon:ApiAddress"] = other.Address.AbsoluteUri,
        ["Provisioning:Neon:ApiKey"] = other.ApiKey,
        ["Provisioning:Neon:OrgId"] = other.OrgId,
    };

    private ServiceProvider Host(Dictionary<string, string?>? settings = null, int hoursLater = 0)
    {
        ServiceProvider host = _neon.Build(
            settings ?? [], services => services.AddSingleton<TimeProvider>(new LaterTime(TimeSpan.FromHours(hoursLater))));
        _hosts.Add(host);
        return host;
    }

    private async Task<ReconciliationReport> ReconcileAsync(Dictionary<string, string?>? settings = null, int hoursLater = 0) =>
        (await Host(settings, hoursLater).GetRequiredService<Reconcile>().RunAsync(default))!;

    /// <summary>A project of this installation that no row names.</summary>
    private async Task<TenantDatabase> MakeOrphanAsync()
    {
        TenantDatabase orphan = TenantDatabase.Choose(await _neon.Get<InstallationMark>().FindAsync(default));
        await _neon.Get<DatabaseProviders>().Of("neon").CreateDatabaseAsync(orphan, new DatabaseTerms(Guid.NewGuid(), null), default);
        await _neon.CatalogAsync<object>($"delete from catalog.neon_projects where database_name = '{orphan.Name}' returning 1");
        return orphan;
    }

    private async Task RenameAsync(string project, string name)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Patch, $"{_neon.Neon.Address.AbsoluteUri.TrimEnd('/')}/projects/{project}")
        {
            Content = new StringContent($$$"""{"project":{"name":"{{{name}}}"}}""", System.Text.Encoding.UTF8, "application/json"),
            Headers = { { "Authorization", $"Bearer {_neon.Neon.ApiKey}" } },
        };
        (await client.SendAsync(request)).EnsureSuccessStatusCode();
    }

    private sealed class LaterTime(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + later;
    }
}
