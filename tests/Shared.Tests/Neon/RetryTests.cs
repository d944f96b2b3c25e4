using System.Net;
using Freehold.Neon;
using Freehold.Neon.Simulator;

namespace Freehold.Tests.Neon;

/// <summary>What is tried again, when, and what is not.</summary>
public sealed class RetryTests
{
    private const string Suspend = "projects/{project}/endpoints/{endpoint}/suspend";

    [Theory]
    [InlineData(FaultKind.Locked, 423)]
    [InlineData(FaultKind.BranchNotReady, 422)]
    [InlineData(FaultKind.ErrorBefore, 503)]
    [InlineData(FaultKind.TooManyRequests, 429)]
    public async Task What_Neon_says_it_has_not_done_is_tried_again(FaultKind kind, int status)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject project = await account.CreateAsync("t_1");
        Fault fault = new(kind) { Status = status, Method = "POST" };
        account.Simulator.Faults.Then(fault).Then(fault).Then(fault);

        await account.Client.SuspendEndpointAsync(project.ProjectId, project.EndpointId, CancellationToken.None);

        SimulatedRequest[] requests = [.. account.Simulator.Requests.Where(request => request.Route == Suspend)];
        Assert.Equal([status, status, status, 200], requests.Select(request => request.Status));
        Assert.Equal(4, requests.Select(request => request.RequestId).Distinct().Count());
    }

    [Theory]
    [InlineData(FaultKind.ErrorBefore, 500)]
    [InlineData(FaultKind.ErrorAfter, 502)]
    [InlineData(FaultKind.ErrorBefore, 504)]
    [InlineData(FaultKind.CutBefore, 0)]
    public async Task What_leaves_open_whether_it_was_done_is_tried_again_only_for_what_only_reads(FaultKind kind, int status)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject project = await account.CreateAsync("t_1");
        Fault fault = new(kind) { Status = status };
        account.Simulator.Faults.Then(fault with { Method = "GET" }).Then(fault with { Method = "POST" });

        await account.Client.GetProjectAsync(project.ProjectId, CancellationToken.None);
        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.SuspendEndpointAsync(project.ProjectId, project.EndpointId, CancellationToken.None));

        Assert.Equal(2, account.Count("GET", "projects/{project}"));
        Assert.Equal(1, account.Count("POST", Suspend));
        Assert.True(exception.IsTransient);
        Assert.True(exception.IsAmbiguous);
        Assert.Equal(status == 0 ? null : (HttpStatusCode)status, exception.Status);
        Assert.Equal(account.Simulator.Requests[^1].RequestId, exception.RequestId);
    }

    [Fact]
    public async Task Answer_that_never_comes_is_given_up_and_named_by_the_id_that_was_sent()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(change: options => options.AttemptTimeout = TimeSpan.FromMilliseconds(150));
        NeonTenantProject project = await account.CreateAsync("t_1");
        Fault slow = new(FaultKind.Slow) { Delay = TimeSpan.FromSeconds(30) };
        account.Simulator.Faults.Then(slow with { Method = "GET" }).Then(slow with { Method = "POST" });

        await account.Client.GetProjectAsync(project.ProjectId, CancellationToken.None);
        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.SuspendEndpointAsync(project.ProjectId, project.EndpointId, CancellationToken.None));

        Assert.True(exception is { IsAmbiguous: true, IsTransient: true, Status: null });
        Assert.Equal(account.Simulator.Requests[^1].RequestId, exception.RequestId);
        Assert.Contains(exception.RequestId!, exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, account.Count("POST", Suspend));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pause_that_Neon_asks_for_is_kept_by_all(bool namesDate)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        NeonTenantProject project = await account.CreateAsync("t_1");
        account.Simulator.Faults.Then(new(FaultKind.TooManyRequests) { Delay = TimeSpan.FromSeconds(2), NamesDate = namesDate });

        Task first = account.Client.GetProjectAsync(project.ProjectId, CancellationToken.None);
        while (account.Simulator.Requests.Count == 1)
        {
            await Task.Delay(5);
        }

        // Time for the answer to arrive.
        await Task.Delay(300);
        await Task.WhenAll(first, account.Client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None));

        // Dates have whole seconds, so up to one of them had passed already.
        TimeSpan pause = TimeSpan.FromSeconds(namesDate ? 0.9 : 1.9);
        SimulatedRequest[] requests = [.. account.Simulator.Requests.Skip(1)];
        Assert.All(requests.Skip(1), request => Assert.True(request.At - requests[0].At >= pause));
        Assert.Equal(3, requests.Length);
    }

    [Fact]
    public async Task Pause_that_comes_with_another_refusal_is_not_shortened()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(FaultKind.ErrorBefore) { Status = 503, Delay = TimeSpan.FromSeconds(1) });

        await account.Client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None);

        Assert.True(account.Simulator.Requests[1].At - account.Simulator.Requests[0].At >= TimeSpan.FromSeconds(0.95));
    }

    [Fact]
    public async Task Pause_longer_than_the_budget_is_handed_on_and_nothing_more_is_sent_meanwhile()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(FaultKind.TooManyRequests) { Delay = TimeSpan.FromMinutes(3) });

        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None));
        NeonException next = await Assert.ThrowsAsync<NeonException>(() => account.CreateAsync("t_1"));

        Assert.Equal(TimeSpan.FromMinutes(3), exception.RetryAfter);
        Assert.True(next is { IsTransient: true, IsAmbiguous: false, Status: HttpStatusCode.TooManyRequests });
        Assert.InRange(next.RetryAfter!.Value, TimeSpan.FromSeconds(150), TimeSpan.FromMinutes(3));
        Assert.Single(account.Simulator.Requests);
    }

    [Fact]
    public async Task Trying_again_ends_with_the_budget()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(change: options => options.RetryBudget = TimeSpan.FromMilliseconds(400));
        account.Simulator.Faults.ByChance(1, (new Fault(FaultKind.Locked), 1));

        NeonException exception = await Assert.ThrowsAsync<NeonException>(() => account.CreateAsync("t_1"));

        Assert.True(exception is { Status: HttpStatusCode.Locked, IsTransient: true, IsAmbiguous: false });
        Assert.InRange(account.Simulator.Requests.Count, 4, 80);
        Assert.Contains("conflicting operations", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FaultKind.Unauthorized, HttpStatusCode.Unauthorized, "")]
    [InlineData(FaultKind.ProjectsLimit, HttpStatusCode.UnprocessableEntity, "PROJECTS_LIMIT_EXCEEDED")]
    public async Task Refusal_is_told_at_once(FaultKind kind, HttpStatusCode status, string code)
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        account.Simulator.Faults.Then(new(kind));

        NeonException exception = await Assert.ThrowsAsync<NeonException>(() => account.CreateAsync("t_1"));

        Assert.Equal((status, code), (exception.Status, exception.Code));
        Assert.False(exception.IsTransient || exception.IsAmbiguous);
        Assert.Single(account.Simulator.Requests);
    }

    [Fact]
    public async Task What_was_never_sent_is_tried_again_and_is_not_ambiguous()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(change: options =>
        {
            // The port of nobody.
            options.ApiAddress = new Uri("http://127.0.0.1:1/api/v2");
            options.RetryBudget = TimeSpan.FromMilliseconds(200);
        });

        NeonException exception = await Assert.ThrowsAsync<NeonException>(
            () => account.Client.SuspendEndpointAsync("none", "none", CancellationToken.None));

        Assert.True(exception is { IsTransient: true, IsAmbiguous: false, Status: null });
        Assert.DoesNotContain(account.Simulator.ApiKey, exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("key napi_abc123 is wrong", "key *** is wrong")]
    [InlineData("cannot reach postgresql://owner:npg_x1@host/db", "cannot reach postgresql://***@host/db")]
    [InlineData("{\"password\": \"hunter2\"}", "{\"password\": \"***\"}")]
    [InlineData("Authorization: Bearer abc.def", "Authorization: Bearer ***")]
    [InlineData("role t_1_owner has no password", "role t_1_owner has no password")]
    public void Messages_hold_no_secrets(string said, string told) => Assert.Equal(told, new NeonException(said).Message);
}
