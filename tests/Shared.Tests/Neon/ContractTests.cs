using System.Net;
using Freehold.Neon;
using Freehold.Neon.Simulator;

namespace Freehold.Tests.Neon;

/// <summary>What is sent to Neon, and what its simulator answers, against Neon's own description.</summary>
public sealed class ContractTests
{
    private static readonly DateTimeOffset Midnight = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [NeonContractFact]
    public async Task Every_call_and_every_answer_are_as_described()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync();
        await UseEverythingAsync(account);
        account.Simulator.Faults.Then(new Fault(FaultKind.ProjectsLimit));
        await Assert.ThrowsAsync<NeonException>(() => account.CreateAsync("t_2"));

        List<string> errors = [];
        foreach (SimulatedRequest request in account.Simulator.Requests)
        {
            if (request.Body.Length > 0)
            {
                errors.AddRange(await NeonContract.ErrorsOfRequestAsync(request.Method, request.Route, request.Body));
            }

            errors.AddRange(await NeonContract.ErrorsOfAnswerAsync(request.Method, request.Route, request.Status, request.Answer!));
            string[] known = [.. NeonContract.Parameters(request.Method, request.Route)];
            string query = request.Path.Contains('?', StringComparison.Ordinal) ? request.Path.Split('?')[1] : string.Empty;
            errors.AddRange(query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')[0]).Except(known));
        }

        Assert.Empty(errors);
    }

    [NeonContractFact]
    public async Task Body_that_lacks_a_member_or_has_one_of_the_wrong_type_is_found_out()
    {
        string body = NeonContract.Fixture("project_create.201.json");

        Assert.Empty(await NeonContract.ErrorsOfAnswerAsync("POST", "projects", 201, body));
        Assert.NotEmpty(await NeonContract.ErrorsOfAnswerAsync("POST", "projects", 201, body.Replace("\"pooler_host\"", "\"other\"", StringComparison.Ordinal)));
        Assert.NotEmpty(await NeonContract.ErrorsOfAnswerAsync("POST", "projects", 201, body.Replace("\"failures_count\": 0", "\"failures_count\": \"0\"", StringComparison.Ordinal)));
        Assert.NotEmpty(await NeonContract.ErrorsOfRequestAsync("POST", "projects", """{"project":{"pg_version":13}}"""));
    }

    [NeonContractFact]
    public void Fixtures_are_understood()
    {
        NeonCreatedProject created = Read(NeonJson.Default.NeonCreatedProject, "project_create.201.json");
        Assert.Equal("npg_EXAMPLEONLY00", created.ConnectionUris[0].ConnectionParameters.Password);
        Assert.Equal(["create_timeline", "start_compute"], created.Operations.Select(operation => operation.Action));
        Assert.Equal(90_000, created.Project.Settings!.Quota!.ComputeTimeSeconds);
        Assert.Equal(1, created.Endpoints[0].AutoscalingLimitMaxCu);

        NeonProjectPage page = Read(NeonJson.Default.NeonProjectPage, "project_list.page1.200.json");
        Assert.Equal("quiet-meadow-10203040", page.Next);
        Assert.Empty(page.UnavailableProjectIds);
        Assert.Null(Read(NeonJson.Default.NeonProjectPage, "project_list.last.200.json").Next);
        Assert.NotNull(Read(NeonJson.Default.NeonProjectPage, "project_list.recoverable.200.json").Projects[0].RecoverableUntil);
        Assert.NotNull(Read(NeonJson.Default.NeonProjectAnswer, "project_get.200.json").Project);
        Assert.Single(Read(NeonJson.Default.NeonProjectChange, "project_update.200.json").Operations);
        Assert.True(Read(NeonJson.Default.NeonOperationAnswer, "operation_finished.200.json").Operation.IsDone);
        Assert.True(Read(NeonJson.Default.NeonOperationAnswer, "operation_failed.200.json").Operation.HasFailed);
        NeonOperation running = Read(NeonJson.Default.NeonOperationAnswer, "operation_running.200.json").Operation;
        Assert.False(running.IsDone || running.HasFailed);
        Assert.Equal(2, Read(NeonJson.Default.NeonEndpointChange, "endpoint_update.200.json").Operations.Count);
        Assert.Contains("-pooler", Read(NeonJson.Default.NeonConnectionUri, "connection_uri.pooled.200.json").Uri, StringComparison.Ordinal);
        NeonConsumptionPage used = Read(NeonJson.Default.NeonConsumptionPage, "consumption_v2.200.json");
        Assert.Equal(1800, used.Projects[0].Periods[0].Consumption[0].Metrics[0].Value);
        Assert.Equal("next", used.Next);
        Assert.Equal("PROJECTS_LIMIT_EXCEEDED", Read(NeonJson.Default.NeonError, "error.422.projects_limit.json").Code);
        Assert.Equal(string.Empty, Read(NeonJson.Default.NeonError, "error.423.json").Code);
    }

    [Fact]
    public async Task Members_and_values_that_nobody_knows_are_passed_over()
    {
        await using NeonAccount account = await NeonAccount.OpenAsync(new SimulatorOptions { OperationTime = TimeSpan.FromMilliseconds(20) });
        account.Simulator.Faults.Then(new(FaultKind.Unknown)).Then(new(FaultKind.Unknown)).Then(new(FaultKind.Unknown));

        NeonTenantProject project = await account.CreateAsync("t_1");
        await account.Client.WaitAsync(project.ProjectId, project.Operations, TimeProvider.System.GetUtcNow().AddSeconds(10), CancellationToken.None);

        Assert.Contains(account.Simulator.Requests, request => request.Answer!.Contains("unheard_of", StringComparison.Ordinal));
        Assert.True((await account.Client.GetOperationAsync(project.ProjectId, project.Operations[0].Id, CancellationToken.None)).IsDone);
    }

    private static async Task UseEverythingAsync(NeonAccount account)
    {
        NeonClient client = account.Client;
        NeonTenantProject project = await account.CreateAsync("t_1");
        (string id, string branch, string endpoint) = (project.ProjectId, project.BranchId, project.EndpointId);
        account.Simulator.SetConsumption(id, Midnight, Midnight.AddDays(1), "compute_unit_seconds", 1800);
        account.Simulator.SetUsage(id, new ProjectUsage { ComputeTimeSeconds = 7, SyntheticStorageSize = 8 });

        await client.GetProjectAsync(id, CancellationToken.None);
        await client.ListProjectsAsync(null, null, recoverable: false, CancellationToken.None);
        await client.UpdateProjectAsync(
            id,
            new NeonProjectUpdate
            {
                Name = "t_1b",
                Settings = new NeonProjectSettings { Quota = new NeonQuota { WrittenDataBytes = 5 } },
                DefaultEndpointSettings = new NeonComputeSettings { AutoscalingLimitMaxCu = 2 },
                HistoryRetentionSeconds = 0,
            },
            CancellationToken.None);
        await client.ListBranchesAsync(id, CancellationToken.None);
        await client.ListEndpointsAsync(id, CancellationToken.None);
        await client.ListOperationsAsync(id, CancellationToken.None);
        await client.GetOperationAsync(id, project.Operations[0].Id, CancellationToken.None);
        await client.UpdateEndpointAsync(
            id, endpoint, new NeonEndpointUpdate { AutoscalingLimitMinCu = 0.5, AutoscalingLimitMaxCu = 2, SuspendTimeoutSeconds = 60, Disabled = false }, CancellationToken.None);
        await client.SuspendEndpointAsync(id, endpoint, CancellationToken.None);
        await client.RevealPasswordAsync(id, branch, project.Role, CancellationToken.None);
        await client.GetConnectionUriAsync(id, branch, project.Database, project.Role, pooled: true, CancellationToken.None);
        await client.GetConsumptionAsync(
            new NeonConsumptionQuery(Midnight, Midnight.AddDays(2), "daily", ["compute_unit_seconds", "root_branch_bytes_month"]) { ProjectIds = [id] },
            CancellationToken.None);
        await client.DeleteProjectAsync(id, CancellationToken.None);
        await client.DeleteProjectAsync(id, CancellationToken.None);
        await client.ListProjectsAsync(null, null, recoverable: true, CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, await account.RecoverAsync(id));
    }

    private static T Read<T>(System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string fixture) =>
        System.Text.Json.JsonSerializer.Deserialize(NeonContract.Fixture(fixture), type)!;
}
