using Freehold.Neon;
using Freehold.Neon.Simulator;

namespace Freehold.Tests.Neon;

/// <summary>Much goes wrong at once, and each project is made once all the same.</summary>
public sealed class FaultyDayTests
{
    private static readonly (Fault Fault, double Rate)[] Chances =
    [
        (new Fault(FaultKind.CutAfter) { Method = "POST" }, 0.15),
        (new Fault(FaultKind.CutBefore), 0.05),
        (new Fault(FaultKind.ErrorAfter) { Status = 504 }, 0.1),
        (new Fault(FaultKind.ErrorBefore), 0.05),
        (new Fault(FaultKind.Unavailable) { Method = "GET", Route = "projects" }, 0.2),
        (new Fault(FaultKind.Locked), 0.05),
        (new Fault(FaultKind.ErrorBefore) { Status = 503 }, 0.05),
        (new Fault(FaultKind.TooManyRequests), 0.02),
        (new Fault(FaultKind.Unknown), 0.05),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_project_is_made_once_and_none_is_left_behind(int seed)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(
            new SimulatorOptions { OperationTime = TimeSpan.FromMilliseconds(5) }, options => options.RequestsPerSecondAndRoute = 1000);
        account.Simulator.Rates.PerSecondAndRoute = 1000;
        account.Simulator.Faults.ByChance(seed, Chances);

        NeonTenantProject[] made = await Task.WhenAll(Enumerable.Range(0, 25).Select(i => MakeAsync(account, $"t_{i:D2}")));
        IReadOnlyDictionary<string, string> projects = account.Simulator.Projects;
        await Task.WhenAll(made.Select(project => UntilItGoesThroughAsync(async () =>
        {
            await account.Client.DeleteProjectAsync(project.ProjectId, CancellationToken.None);
            return project;
        })));

        Assert.True(account.Simulator.Faults.Happened > 25);
        Assert.Equal(made.Select(project => project.ProjectId).Order(), projects.Keys.Order());
        Assert.Equal(25, projects.Values.Distinct().Count());
        Assert.Empty(account.Simulator.Projects);
    }

    // As an operation does it: again and again, by new hosts, and never knowing how far the last one came.
    private static Task<NeonTenantProject> MakeAsync(NeonAccount account, string name) => UntilItGoesThroughAsync(async () =>
    {
        NeonTenantProject project = await account.CreateAsync(name, resumed: true);
        await account.Client.WaitAsync(project.ProjectId, project.Operations, TimeProvider.System.GetUtcNow().AddSeconds(30), CancellationToken.None);
        return project;
    });

    private static async Task<NeonTenantProject> UntilItGoesThroughAsync(Func<Task<NeonTenantProject>> run)
    {
        while (true)
        {
            try
            {
                return await run();
            }
            catch (NeonException exception) when (exception.IsTransient)
            {
                await Task.Delay(20);
            }
        }
    }
}
