using Freehold.Neon;
using Freehold.Neon.Simulator;

namespace Freehold.Tests.Neon;

/// <summary>A project is made once, whatever becomes of the answer.</summary>
public sealed class CreationTests
{
    private static readonly DateTimeOffset Soon = TimeProvider.System.GetUtcNow().AddMinutes(5);

    [Theory]
    [InlineData(FaultKind.CutAfter)]
    [InlineData(FaultKind.ErrorAfter)]
    [InlineData(FaultKind.Slow)]
    public async Task Project_whose_answer_was_lost_is_found_and_taken(FaultKind kind)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(
            new SimulatorOptions { OperationTime = TimeSpan.FromMilliseconds(200) }, options => options.AttemptTimeout = TimeSpan.FromSeconds(0.5));
        account.Simulator.Faults.Then(new(kind) { Method = "POST", Delay = TimeSpan.FromSeconds(30) });

        NeonTenantProject project = await account.CreateAsync("t_1");
        await account.Client.WaitAsync(project.ProjectId, project.Operations, Soon, CancellationToken.None);

        Assert.Equal(project.ProjectId, Assert.Single(account.Simulator.Projects).Key);
        Assert.Equal(1, account.Count("POST", "projects"));
        Assert.Equal(
            await account.Client.RevealPasswordAsync(project.ProjectId, project.BranchId, project.Role, CancellationToken.None), project.Password);
        Assert.Equal(("127.0.0.1", "127.0.0.2", "t_1_owner", "t_1_db"), (project.Host, project.PoolerHost, project.Role, project.Database));
        Assert.Equal(("br-" + project.ProjectId, "ep-" + project.ProjectId), (project.BranchId, project.EndpointId));
    }

    [Theory]
    [InlineData(FaultKind.CutBefore)]
    [InlineData(FaultKind.ErrorBefore)]
    public async Task Project_that_was_not_made_is_made_after_two_searches(FaultKind kind)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(kind) { Method = "POST" });

        NeonTenantProject project = await account.CreateAsync("t_1");

        Assert.Equal(project.ProjectId, Assert.Single(account.Simulator.Projects).Key);
        Assert.Equal(["POST", "GET", "GET", "POST"], account.Simulator.Requests.Select(request => request.Method));
    }

    [Fact]
    public async Task No_second_is_made_while_Neon_cannot_say_whether_there_is_a_first()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(FaultKind.CutAfter) { Method = "POST" });
        account.Simulator.Faults.ByChance(1, (new Fault(FaultKind.Unavailable) { Method = "GET", Route = "projects" }, 1));

        NeonException exception = await Assert.ThrowsAsync<NeonException>(() => account.CreateAsync("t_1"));
        account.Simulator.Faults.ByChance(1);
        NeonTenantProject project = await account.CreateAsync("t_1", resumed: true);

        Assert.True(exception.IsTransient);
        Assert.Equal(project.ProjectId, Assert.Single(account.Simulator.Projects).Key);
        Assert.Equal(1, account.Count("POST", "projects"));
    }

    [Fact]
    public async Task Partial_list_that_becomes_whole_is_believed()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(FaultKind.CutAfter) { Method = "POST" }).Then(new(FaultKind.Unavailable) { Method = "GET" });

        await account.CreateAsync("t_1");

        // The partial list, the whole one, and the empty page that ends it.
        Assert.Single(account.Simulator.Projects);
        Assert.Equal(3, account.Count("GET", "projects"));
    }

    [Fact]
    public async Task Resumed_creation_takes_what_an_earlier_process_made_and_makes_what_is_not_there()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject made = await account.CreateAsync("t_1");
        using NeonClient restarted = account.NewClient();

        NeonTenantProject taken = await restarted.CreateProjectAsync(NeonAccount.Plan("t_1"), resumed: true, CancellationToken.None);
        await restarted.CreateProjectAsync(NeonAccount.Plan("t_2"), resumed: true, CancellationToken.None);

        Assert.Equal((made.ProjectId, made.Password), (taken.ProjectId, taken.Password));
        Assert.Equal(["t_1", "t_2"], account.Simulator.Projects.Values);
    }

    [Fact]
    public async Task Creation_that_was_called_off_on_its_way_and_is_resumed_at_once_makes_no_second_project()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(change: options => options.SettlePause = TimeSpan.FromMilliseconds(200));
        account.Simulator.Faults.Then(new(FaultKind.Late) { Method = "POST", Delay = TimeSpan.FromMilliseconds(150) });
        using CancellationTokenSource caller = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => account.Client.CreateProjectAsync(NeonAccount.Plan("t_1"), resumed: false, caller.Token));

        NeonTenantProject project = await account.CreateAsync("t_1", resumed: true);

        Assert.Equal(project.ProjectId, Assert.Single(account.Simulator.Projects).Key);
        Assert.Equal(1, account.Count("POST", "projects"));
    }

    [Fact]
    public async Task Name_that_is_a_part_of_another_is_not_taken_for_it()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        await account.CreateAsync("t_10");

        Assert.Null(await account.Client.FindProjectAsync("t_1", CancellationToken.None));
        await account.CreateAsync("t_1", resumed: true);

        Assert.Equal(2, account.Simulator.Projects.Count);
    }

    [Fact]
    public async Task Two_projects_of_one_name_are_an_error_that_names_both()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject one = await account.CreateAsync("t_1");
        NeonTenantProject other = await account.CreateAsync("t_1");

        NeonException exception = await Assert.ThrowsAsync<NeonException>(() => account.CreateAsync("t_1", resumed: true));

        Assert.Contains(one.ProjectId, exception.Message, StringComparison.Ordinal);
        Assert.Contains(other.ProjectId, exception.Message, StringComparison.Ordinal);
        Assert.False(exception.IsTransient);
    }

    [Fact]
    public async Task Deleted_project_of_the_name_is_not_taken()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject deleted = await account.CreateAsync("t_1");
        await account.Client.DeleteProjectAsync(deleted.ProjectId, CancellationToken.None);

        NeonTenantProject project = await account.CreateAsync("t_1", resumed: true);

        Assert.NotEqual(deleted.ProjectId, project.ProjectId);
    }
}
