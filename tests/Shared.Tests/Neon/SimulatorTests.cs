using System.Net;
using Freehold.Neon;
using Freehold.Neon.Simulator;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Neon;

/// <summary>The simulator is what its users take it for. What it does with databases is among the integration tests.</summary>
public sealed class SimulatorTests
{
    [Fact]
    public async Task Host_that_has_much_to_ask_stays_below_the_rates()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(change: options => options.RequestsPerSecondAndRoute = 20);
        account.Simulator.Rates.PerSecondAndRoute = 20;
        NeonClient background = account.Client.For(NeonPriority.Background);

        await Task.WhenAll(Enumerable.Range(0, 45).Select(_ => background.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None)));

        Assert.InRange(account.Simulator.Rates.HighestPerSecondAndRoute, 2, 20);
        Assert.Equal((45, 45, 0), (account.Simulator.Rates.Total, account.Simulator.Rates.HighestPerMinute, account.Simulator.Rates.Refused));
    }

    [Fact]
    public async Task More_than_the_rates_allow_is_refused_and_counted()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(
            new SimulatorOptions { Time = new FakeTimeProvider() }, options => options.RetryBudget = TimeSpan.Zero);
        account.Simulator.Rates.PerSecondAndRoute = 2;

        Task<NeonProjectPage>[] requests =
            [.. Enumerable.Range(0, 5).Select(_ => account.Client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None))];
        await Assert.ThrowsAsync<NeonException>(() => Task.WhenAll(requests));

        Assert.Equal(3, account.Simulator.Rates.Refused);
        Assert.Equal(5, account.Simulator.Rates.HighestPerSecondAndRoute);
    }

    [Fact]
    public async Task Project_is_locked_while_an_operation_runs_be_it_one_that_nobody_asked_for()
    {
        FakeTimeProvider clock = new();
        await using NeonAccount account = await NeonAccount.OpenAsync(new SimulatorOptions { Time = clock });
        NeonTenantProject project = await account.CreateAsync("t_1");

        await LockedUntilTimePassesAsync(() => account.Client.SuspendEndpointAsync(project.ProjectId, project.EndpointId, CancellationToken.None));
        Assert.True(account.Simulator.Sleeps(project.ProjectId));
        clock.Advance(TimeSpan.FromSeconds(1));
        account.Simulator.RunOperation(project.ProjectId, "check_availability");
        await LockedUntilTimePassesAsync(
            () => account.Client.UpdateEndpointAsync(project.ProjectId, project.EndpointId, new NeonEndpointUpdate(), CancellationToken.None));

        async Task LockedUntilTimePassesAsync(Func<Task> change)
        {
            int before = Locked();
            Task changing = change();
            while (Locked() == before && !changing.IsCompleted)
            {
                await Task.Delay(5);
            }

            Assert.False(changing.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(1));
            await changing;
        }

        int Locked() => account.Simulator.Requests.Count(request => request.Status == 423);
    }

    [Fact]
    public async Task Any_number_of_projects_is_listed_in_pages_and_found_by_name()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(
            new SimulatorOptions { OperationTime = TimeSpan.Zero, ListedProjects = 1_000, ListedNames = ["t_known"] });
        await account.CreateAsync("t_1");
        List<NeonListedProject> all = [];
        string? cursor = null;
        int pages = 0;
        do
        {
            NeonProjectPage page = await account.Client.ListProjectsAsync(cursor, null, recoverable: false, CancellationToken.None);
            all.AddRange(page.Projects);
            cursor = page.Next;
            pages++;
        }
        while (cursor is not null);

        Assert.Equal((1_001, 1_001, 4), (all.Count, all.DistinctBy(project => project.Id).Count(), pages));
        Assert.Equal("t_1", all[0].Name);
        Assert.NotNull(await account.Client.FindProjectAsync("t_known", CancellationToken.None));
    }

    [Fact]
    public async Task Deleted_project_is_listed_as_recoverable_and_comes_back_until_it_is_purged()
    {
        FakeTimeProvider clock = new();
        await using NeonAccount account = await NeonAccount.OpenAsync(new SimulatorOptions { OperationTime = TimeSpan.Zero, Time = clock });
        NeonTenantProject project = await account.CreateAsync("t_1");
        await account.Client.DeleteProjectAsync(project.ProjectId, CancellationToken.None);

        NeonProjectPage gone = await account.Client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None);
        NeonProjectPage recoverable = await account.Client.ListProjectsAsync(null, null, recoverable: true, CancellationToken.None);
        HttpStatusCode recovered = await account.RecoverAsync(project.ProjectId);
        bool back = account.Simulator.Projects.ContainsKey(project.ProjectId);
        await account.Client.DeleteProjectAsync(project.ProjectId, CancellationToken.None);
        clock.Advance(TimeSpan.FromDays(7));
        await account.Simulator.PurgeAsync();

        Assert.Empty(gone.Projects);
        Assert.NotNull(Assert.Single(recoverable.Projects).RecoverableUntil);
        Assert.Equal((HttpStatusCode.OK, true), (recovered, back));
        Assert.Empty((await account.Client.ListProjectsAsync(null, null, recoverable: true, CancellationToken.None)).Projects);
        Assert.Equal(HttpStatusCode.NotFound, await account.RecoverAsync(project.ProjectId));
    }

    [Fact]
    public async Task Project_that_is_not_there_is_deleted()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();

        await account.Client.DeleteProjectAsync("none", CancellationToken.None);

        Assert.Equal(404, Assert.Single(account.Simulator.Requests).Status);
    }

    [Fact]
    public async Task Faults_by_chance_are_the_same_for_the_same_seed()
    {
        async Task<int[]> RunAsync(int seed)
        {
            await using NeonAccount account = await NeonAccount.OpenAsync();
            account.Simulator.Faults.ByChance(
                seed, (new Fault(FaultKind.ErrorBefore) { Status = 503 }, 0.2), (new Fault(FaultKind.Locked), 0.1), (new Fault(FaultKind.CutAfter) { Method = "GET" }, 0.1));
            for (int i = 0; i < 20; i++)
            {
                await account.Client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None);
            }

            Assert.True(account.Simulator.Faults.Happened > 3);
            return [.. account.Simulator.Requests.Select(request => (int)(request.Fault ?? 0) + request.Status)];
        }

        Assert.Equal(await RunAsync(1), await RunAsync(1));
        Assert.NotEqual(await RunAsync(1), await RunAsync(2));
    }

    [Fact]
    public async Task Figures_and_counters_are_those_that_were_set()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject project = await account.CreateAsync("t_1");
        DateTimeOffset day = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        account.Simulator.SetUsage(project.ProjectId, new ProjectUsage { ComputeTimeSeconds = 90 });
        account.Simulator.SetConsumption(project.ProjectId, day, day.AddDays(1), "compute_unit_seconds", 1800);

        NeonConsumptionPage page = await account.Client.GetConsumptionAsync(
            new NeonConsumptionQuery(day, day.AddDays(1), "daily", ["compute_unit_seconds"]), CancellationToken.None);

        Assert.Equal(90, (await account.Client.GetProjectAsync(project.ProjectId, CancellationToken.None)).ComputeTimeSeconds);
        NeonConsumptionSpan span = Assert.Single(Assert.Single(Assert.Single(page.Projects).Periods).Consumption);
        Assert.Equal((day, 1800), (span.TimeframeStart, Assert.Single(span.Metrics).Value));
    }
}
