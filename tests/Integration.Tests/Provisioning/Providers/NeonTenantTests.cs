using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Spares;
using Freehold.Retrieval;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>Lives of tenants that have projects at Neon, which a simulator stands for.</summary>
public sealed class NeonTenantTests : IAsyncLifetime
{
    private readonly NeonFixture _neon = new();

    public Task InitializeAsync() => _neon.InitializeAsync();

    public Task DisposeAsync() => _neon.DisposeAsync();

    [ServerFact]
    public async Task Tenant_is_made_with_a_project_and_its_documents_are_searched_through_the_pooler()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        string project = await _neon.ProjectAsync(tenant);

        Assert.Equal(("neon", "127.0.0.1", "127.0.0.2"), (tenant.Provider, tenant.Host, tenant.PoolerHost));
        Assert.Equal(tenant.Database, _neon.Neon.Projects[project]);
        await _neon.IngestAsync(tenant, "a.txt", "Walnuts.");

        // Whoever wakes the compute says by which way it came.
        _neon.Get<TenantDataSources>().Close(tenant.Uid);
        _neon.Neon.LetSleep(project);
        Assert.Single(await _neon.SearchAsync(tenant, "walnuts"));
        Assert.Equal(("freehold", true), (_neon.Neon.Wakes[^1].ApplicationName, _neon.Neon.Wakes[^1].IsPooled));

        _neon.Get<TenantDataSources>().Close(tenant.Uid);
        _neon.Neon.LetSleep(project);
        await _neon.Get<DatabaseProviders>().Of("neon").MigrateAsync(tenant.Database!, default);
        Assert.Equal(("freehold provisioning", false), (_neon.Neon.Wakes[^1].ApplicationName, _neon.Neon.Wakes[^1].IsPooled));
    }

    [ServerFact]
    public async Task Claim_of_a_sleeping_spare_asks_neon_nothing_and_the_plans_terms_follow()
    {
        await using ServiceProvider host = _neon.Build(new(Quota) { ["Provisioning:WarmPool:Size"] = "1" });
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);
        string spare = await _neon.CatalogAsync<string>("select project_id from catalog.neon_projects");
        Assert.True(_neon.Neon.Sleeps(spare));
        int before = _neon.Neon.Requests.Count;

        CreatedTenant created = await host.GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId(), Plan: "standard"), Caller.Admin(), TimeSpan.Zero, default);

        Assert.True(created.Active);
        Assert.Equal(before, _neon.Neon.Requests.Count);
        TenantPlacement tenant = await _neon.Freehold.PlacementAsync(created.Tenant);
        Assert.Equal((TenantState.Active, spare), (tenant.State, await _neon.ProjectAsync(tenant)));
        Assert.Empty(await _neon.SearchAsync(tenant, "anything"));
        Assert.Equal("terms", await StepAsync(created.Operation));

        await _neon.RunDueAsync(created.Operation, host);

        Assert.Equal("done", await StateAsync(created.Operation));
        SimulatedRequest changed = _neon.Neon.Requests.Last(request => request is { Method: "PATCH", Route: "projects/{project}" });
        JsonElement quota = JsonElement.Parse(changed.Body).GetProperty("project").GetProperty("settings").GetProperty("quota");
        Assert.Equal(
            [("active_time_seconds", 36_000), ("compute_time_seconds", 7_200), ("data_transfer_bytes", 0), ("logical_size_bytes", 1_000_000_000), ("written_data_bytes", 0)],
            quota.EnumerateObject().Select(member => (member.Name, member.Value.GetInt64())).Order());
        Assert.Contains(_neon.Neon.Requests, request => request is { Method: "PATCH", Route: "projects/{project}/endpoints/{endpoint}" });
    }

    [ServerFact]
    public async Task Suspended_tenant_has_a_disabled_compute_that_a_resumed_one_enables_without_waking_it()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        string project = await _neon.ProjectAsync(tenant);
        await _neon.SearchAsync(tenant, "anything");

        await ChangeAsync(tenant, TenantChange.Suspend);
        Assert.True(_neon.Neon.Sleeps(project));
        await Assert.ThrowsAsync<TenantNotReadyException>(() => _neon.SearchAsync(tenant, "anything"));

        int wakes = _neon.Neon.Wakes.Count;
        await ChangeAsync(tenant, TenantChange.Resume);
        Assert.Equal(wakes, _neon.Neon.Wakes.Count);
        Assert.Empty(await _neon.SearchAsync(tenant, "anything"));
    }

    [ServerFact]
    public async Task Deleted_tenants_project_is_deleted_and_the_certificate_says_until_when_neon_has_it()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        string project = await _neon.ProjectAsync(tenant);
        TenantCredential own = await _neon.Get<TenantCredentials>().IssueAsync(tenant.Id, default);
        StartedOperation deletion = await _neon.Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);

        await _neon.RunDueAsync(deletion.Id);

        Assert.DoesNotContain(project, _neon.Neon.Projects.Keys);
        Assert.Equal(0L, await _neon.CatalogAsync<long>("select count(*) from catalog.neon_projects"));
        JsonElement certificate = await CertificateAsync(deletion.Id);
        Assert.Equal("neon", certificate.GetProperty("provider").GetProperty("name").GetString());
        Assert.Equal(
            certificate.GetProperty("erasedAt").GetDateTimeOffset().AddDays(7),
            certificate.GetProperty("provider").GetProperty("recoverableUntil").GetDateTimeOffset());
        Assert.Equal(1, certificate.GetProperty("erased").GetProperty("databases").GetInt32());
        await AssertOpensNothingAsync(new Uri(own.Uri!));
    }

    [ServerFact]
    public async Task Wait_for_a_project_that_takes_long_is_resumed_and_makes_no_other()
    {
        NeonFixture slow = new() { OperationTime = TimeSpan.FromSeconds(0.3) };
        await slow.InitializeAsync();
        try
        {
            await using ServiceProvider hasty = slow.Build(new() { ["Provisioning:Neon:Patience"] = "00:00:00.1" });
            CreatedTenant created = await hasty.GetRequiredService<CreateTenant>().RunAsync(
                new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
            Assert.False(created.Active);
            Assert.Contains(
                "did not get ready in time",
                await slow.CatalogAsync<string>($"select failure from catalog.operations where id = '{created.Operation}'"),
                StringComparison.Ordinal);

            await slow.RunDueAsync(created.Operation);

            Assert.Equal(TenantState.Active, (await slow.Freehold.PlacementAsync(created.Tenant)).State);
            Assert.Single(slow.Neon.Requests, request => request is { Method: "POST", Route: "projects" });
        }
        finally
        {
            await slow.DisposeAsync();
        }
    }

    [ServerFact]
    public async Task Project_whose_making_failed_is_deleted_and_another_is_made()
    {
        _neon.Neon.Faults.Then(new Fault(FaultKind.OperationFails) { Method = "POST", Route = "projects" });
        CreatedTenant created = await _neon.Get<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.False(created.Active);
        Assert.Empty(_neon.Neon.Projects);

        await _neon.RunDueAsync(created.Operation);

        Assert.Equal("done", await StateAsync(created.Operation));
        Assert.Single(_neon.Neon.Projects);
    }

    [ServerFact]
    public async Task Limit_of_the_account_and_a_refused_key_fail_at_once_with_what_to_do()
    {
        _neon.Neon.Faults.Then(new Fault(FaultKind.ProjectsLimit) { Method = "POST" });
        CreatedTenant full = await _neon.Get<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Equal("failed", await StateAsync(full.Operation));
        Assert.Contains("PROJECTS_LIMIT_EXCEEDED", await FailureAsync(full.Operation), StringComparison.Ordinal);
        Assert.Equal("failed", await _neon.CatalogAsync<string>($"select state from catalog.tenants where id = '{full.Tenant}'"));

        await using ServiceProvider stranger = _neon.Build(new() { ["Provisioning:Neon:ApiKey"] = "napi_other" });
        CreatedTenant refused = await stranger.GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Equal("failed", await StateAsync(refused.Operation));
        Assert.Contains("Provisioning:Neon:ApiKey", await FailureAsync(refused.Operation), StringComparison.Ordinal);

        // Somebody has done something.
        Guid retried = await _neon.Get<RetryOperation>().RunAsync(full.Tenant, Caller.Admin(), default);
        await _neon.RunDueAsync(retried);
        Assert.Equal("done", await StateAsync(retried));
    }

    [ServerFact]
    public async Task Rotated_credentials_and_keys_leave_a_tenant_that_serves()
    {
        TenantPlacement tenant = await _neon.ProvisionAsync();
        await ChangeAsync(tenant, TenantChange.RotateCredentials);
        TenantPlacement after = await _neon.Freehold.PlacementAsync(tenant.Id);
        Assert.NotEqual(tenant.Role, after.Role);
        Assert.Empty(await _neon.SearchAsync(after, "anything"));

        await using ServiceProvider rekeyed = _neon.Build(new()
        {
            ["Tenants:CredentialKeys:0:Id"] = "next",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 7]),
            ["Tenants:CredentialKeys:1:Id"] = "test",
            ["Tenants:CredentialKeys:1:Key"] = Convert.ToBase64String(new byte[32]),
        });
        await _neon.RunDueAsync(await rekeyed.GetRequiredService<RotateKeys>().StartAsync(Caller.Admin(), default), rekeyed);
        await using ServiceProvider newKeyOnly = _neon.Build(new()
        {
            ["Tenants:CredentialKeys:0:Id"] = "next",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 7]),
        });
        Assert.True(await newKeyOnly.GetRequiredService<DatabaseProviders>().Of("neon").MigrateAsync(after.Database!, default) > 0);
    }

    [ServerFact]
    public async Task Plans_that_share_a_project_have_their_databases_in_it()
    {
        await using ServiceProvider host = _neon.Build(new()
        {
            ["Provisioning:Neon:SharedPlans:0"] = "free",
            ["Provisioning:Neon:SharedConnectionString"] = TestServers.Postgres,
        });

        TenantPlacement small = await _neon.ProvisionAsync(host, "free");
        TenantPlacement large = await _neon.ProvisionAsync(host, "standard");

        Assert.Equal(("neon-shared", "neon"), (small.Provider, large.Provider));
        Assert.Single(_neon.Neon.Projects);
        Assert.Empty(await SearchAsync(host, small));
        Assert.Empty(await SearchAsync(host, large));
        IDatabaseProvider shared = host.GetRequiredService<DatabaseProviders>().Of("neon-shared");
        await shared.RemoveAsync(small.Database!, small.Role!, default);
    }

    [ServerFact]
    public async Task Tenants_on_a_server_of_ours_serve_beside_those_at_neon()
    {
        TenantPlacement earlier = await _neon.Freehold.ProvisionAsync();
        await using ServiceProvider both = _neon.Build(new() { ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres });

        TenantPlacement later = await _neon.ProvisionAsync(both);

        Assert.Equal(("postgres", "neon"), (earlier.Provider, later.Provider));
        Assert.Empty(await SearchAsync(both, earlier));
        Assert.Empty(await SearchAsync(both, later));

        // A host that knows one of them only says so, and leaves the other's alone.
        StartedOperation suspended = await _neon.Get<ChangeTenant>().RunAsync(
            earlier.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Contains("'postgres'", await FailureAsync(suspended.Id), StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Quota => new()
    {
        ["Provisioning:Neon:Plans:0:Name"] = "standard",
        ["Provisioning:Neon:Plans:0:MaxComputeUnits"] = "2",
        ["Provisioning:Neon:Plans:0:ActiveTime"] = "10:00:00",
        ["Provisioning:Neon:Plans:0:ComputeTime"] = "02:00:00",
        ["Provisioning:Neon:Plans:0:StoredBytes"] = "1000000000",
    };

    private static async Task<IReadOnlyList<Passage>> SearchAsync(IServiceProvider host, TenantPlacement tenant) =>
        (await host.GetRequiredService<SearchChunks>().RunAsync(tenant, new SearchRequest("anything", 10, "lexical"), default)).Passages;

    private async Task ChangeAsync(TenantPlacement tenant, TenantChange change)
    {
        StartedOperation operation = await _neon.Get<ChangeTenant>().RunAsync(tenant.Id, change, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Equal("done", await StateAsync(operation.Id));
    }

    private async Task AssertOpensNothingAsync(Uri uri)
    {
        foreach (string host in new[] { "127.0.0.1", "127.0.0.2" })
        {
            string[] user = uri.UserInfo.Split(':');
            await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder
            {
                Host = host, Port = _neon.Neon.Port, Database = uri.AbsolutePath[1..], Username = user[0], Password = user[1], Pooling = false,
            }.ConnectionString);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync());
        }
    }

    private async Task<JsonElement> CertificateAsync(Guid operation)
    {
        string body = await _neon.CatalogAsync<string>($"select body from catalog.deletion_certificates where operation_id = '{operation}'");
        string payload = JsonElement.Parse(body).GetProperty("payload").GetString()!;
        return JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
    }

    private Task<string> StateAsync(Guid operation) => _neon.CatalogAsync<string>($"select state from catalog.operations where id = '{operation}'");

    private Task<string> StepAsync(Guid operation) => _neon.CatalogAsync<string>($"select step from catalog.operations where id = '{operation}'");

    private Task<string> FailureAsync(Guid operation) => _neon.CatalogAsync<string>($"select failure from catalog.operations where id = '{operation}'");
}
