using Freehold.Neon;
using Freehold.Neon.Simulator;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Neon;

/// <summary>Waiting for operations.</summary>
public sealed class WaitTests
{
    private static DateTimeOffset In(double seconds) => TimeProvider.System.GetUtcNow().AddSeconds(seconds);

    [Fact]
    public async Task Operations_of_one_project_are_waited_for_with_few_requests()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(new SimulatorOptions { OperationTime = TimeSpan.FromSeconds(0.6) });
        NeonTenantProject project = await account.CreateAsync("t_1");

        await account.Client.WaitAsync(project.ProjectId, project.Operations, In(60), CancellationToken.None);

        Assert.InRange(account.Simulator.Requests.Count, 2, 6);
        await account.Client.SuspendEndpointAsync(project.ProjectId, project.EndpointId, CancellationToken.None);
        Assert.DoesNotContain(account.Simulator.Requests, request => request.Status == 423);
    }

    [Fact]
    public async Task Operation_that_fails_is_told_with_its_reason()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(FaultKind.OperationFails));
        NeonTenantProject project = await account.CreateAsync("t_1");

        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.WaitAsync(project.ProjectId, project.Operations, In(60), CancellationToken.None));

        Assert.Contains("start_compute", exception.Message, StringComparison.Ordinal);
        Assert.Contains("simulated failure", exception.Message, StringComparison.Ordinal);
        Assert.False(exception.IsTransient);
    }

    [Fact]
    public async Task Deadline_hands_back_what_is_still_to_be_waited_for()
    {
        FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
        await using NeonAccount account = await NeonAccount.OpenAsync(new SimulatorOptions { Time = clock });
        NeonTenantProject project = await account.CreateAsync("t_1");

        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.WaitAsync(project.ProjectId, project.Operations, In(0.1), CancellationToken.None));
        clock.Advance(TimeSpan.FromMinutes(1));
        await account.Client.WaitAsync(project.ProjectId, exception.PendingOperations, In(60), CancellationToken.None);

        Assert.True(exception.IsTransient);
        Assert.Equal(project.Operations.Select(operation => operation.Id), exception.PendingOperations);
        Assert.All(await account.Client.ListOperationsAsync(project.ProjectId, CancellationToken.None), operation => Assert.True(operation.IsDone));
    }

    [Fact]
    public async Task Project_that_is_gone_is_not_waited_for()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject project = await account.CreateAsync("t_1");
        await account.Client.DeleteProjectAsync(project.ProjectId, CancellationToken.None);

        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.WaitAsync(project.ProjectId, [project.Operations[0].Id], In(2), CancellationToken.None));

        Assert.Equal(System.Net.HttpStatusCode.NotFound, exception.Status);
    }

    [Fact]
    public async Task Operations_that_have_ended_cost_no_request()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();

        await account.Client.WaitAsync(
            "none", [new NeonOperation { Id = "1", Action = "apply_config", Status = "finished" }, new NeonOperation { Id = "2", Action = "apply_config", Status = "skipped" }], In(60), CancellationToken.None);

        Assert.Empty(account.Simulator.Requests);
    }
}
