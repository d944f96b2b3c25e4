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
public sealed class NeonTenantTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    [ServerFact]
    public async Task Tenant_is_made_with_a_project_and_its_documents_are_searched_through_the_pooler()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        string project = await neon.ProjectAsync(tenant);

        Assert.Equal(("neon", "127.0.0.1", "127.0.0.2"), (tenant.Provider, tenant.Host, tenant.PoolerHost));
        Assert.Equal(tenant.Database, neon.Neon.Projects[project]);
        await neon.IngestAsync(tenant, "a.txt", "Walnuts.");

        // Whoever wakes the compute says by which way it came.
        neon.Get<TenantDataSources>().Close(tenant.Uid);
        neon.Neon.LetSleep(project);
        Assert.Single(await neon.SearchAsync(tenant, "walnuts"));
        Assert.Equal(("freehold", true), (neon.Neon.Wakes[^1].ApplicationName, neon.Neon.Wakes[^1].IsPooled));

        neon.Get<TenantDataSources>().Close(tenant.Uid);
        neon.Neon.LetSleep(project);
        await neon.Get<DatabaseProviders>().Of("neon").MigrateAsync(tenant.Database!, default);
        Assert.Equal(("freehold provisioning", false), (neon.Neon.Wakes[^1].ApplicationName, neon.Neon.Wakes[^1].IsPooled));
    }

    [PoolerFact]
    public async Task Documents_are_taken_in_and_searched_through_the_pooler_by_many_at_a_time()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();

        await Parallel.ForAsync(0, 6, async (i, _) => await neon.IngestAsync(tenant, $"{i}.md", $"# Shed {i}\n\nThe bicycle puffin{i} is in the shed."));
        await Parallel.ForAsync(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            Assert.Equal($"{i % 6}.md", (await neon.SearchAsync(tenant, $"puffin{i % 6}"))[0].Document));

        await using TenantConnection connection = await neon.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        await using NpgsqlCommand prepared = new("select count(*) from pg_prepared_statements", connection.Connection);
        Assert.Equal(0L, await prepared.ExecuteScalarAsync());
    }

    [ServerFact]
    public async Task Claim_of_a_sleeping_spare_asks_neon_nothing_and_the_plans_terms_follow()
    {
        await using ServiceProvider host = neon.Build(new(Quota) { ["Provisioning:WarmPool:Size"] = "1" });
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);
        string spare = await neon.CatalogAsync<string>("select project_id from catalog.neon_projects join catalog.spare_databases using (database_name)");
        Assert.True(neon.Neon.Sleeps(spare));
        int before = neon.Neon.Requests.Count;

        NewTenant asked = new(NeonFixture.NewId(), Plan: "standard");
        CreatedTenant created = await host.GetRequiredService<CreateTenant>().RunAsync(asked, Caller.Admin("again"), TimeSpan.Zero, default);
        Assert.Equal(created, await host.GetRequiredService<CreateTenant>().RunAsync(asked, Caller.Admin("again"), TimeSpan.Zero, default));

        Assert.True(created.Active);
        Assert.Equal(before, neon.Neon.Requests.Count);
        TenantPlacement tenant = await neon.Freehold.PlacementAsync(created.Tenant);
        Assert.Equal((TenantState.Active, spare), (tenant.State, await neon.ProjectAsync(tenant)));
        Assert.Empty(await neon.SearchAsync(tenant, "anything"));
        Assert.Equal("terms", await StepAsync(created.Operation));

        await neon.RunDueAsync(created.Operation, host);

        Assert.Equal("done", await neon.StateAsync(created.Operation));
        SimulatedRequest changed = neon.Neon.Requests.Last(request => request is { Method: "PATCH", Route: "projects/{project}" });
        JsonElement quota = JsonElement.Parse(changed.Body).GetProperty("project").GetProperty("settings").GetProperty("quota");
        Assert.Equal(
            [("active_time_seconds", 36_000), ("compute_time_seconds", 7_200), ("data_transfer_bytes", 0), ("logical_size_bytes", 1_000_000_000), ("written_data_bytes", 0)],
            quota.EnumerateObject().Select(member => (member.Name, member.Value.GetInt64())).Order());
        Assert.Contains(neon.Neon.Requests, request => request is { Method: "PATCH", Route: "projects/{project}/endpoints/{endpoint}" });
    }

    [ServerFact]
    public async Task Suspended_tenant_has_a_disabled_compute_that_a_resumed_one_enables_without_waking_it()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        string project = await neon.ProjectAsync(tenant);
        await neon.SearchAsync(tenant, "anything");

        await ChangeAsync(tenant, TenantChange.Suspend);
        Assert.True(neon.Neon.Sleeps(project));
        await Assert.ThrowsAsync<TenantNotReadyException>(() => neon.SearchAsync(tenant, "anything"));

        int wakes = neon.Neon.Wakes.Count;
        await ChangeAsync(tenant, TenantChange.Resume);
        Assert.Equal(wakes, neon.Neon.Wakes.Count);
        Assert.Empty(await neon.SearchAsync(tenant, "anything"));
    }

    [ServerFact]
    public async Task Deleted_tenants_project_is_deleted_and_the_certificate_says_until_when_neon_has_it()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        string project = await neon.ProjectAsync(tenant);
        TenantCredential own = await neon.Get<TenantCredentials>().IssueAsync(tenant.Id, default);
        StartedOperation deletion = await neon.Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);

        await neon.RunDueAsync(deletion.Id);

        Assert.DoesNotContain(project, neon.Neon.Projects.Keys);
        Assert.Equal(0L, await neon.CatalogAsync<long>($"select count(*) from catalog.neon_projects where database_name = '{tenant.Database}'"));
        JsonElement certificate = await CertificateAsync(deletion.Id);
        Assert.Equal("neon", certificate.GetProperty("provider").GetProperty("name").GetString());
        Assert.Equal(
            certificate.GetProperty("erasedAt").GetDateTimeOffset().AddDays(7),
            certificate.GetProperty("provider").GetProperty("recoverableUntil").GetDateTimeOffset());
        Assert.Equal(1, certificate.GetProperty("erased").GetProperty("databases").GetInt32());
        await AssertOpensNothingAsync(new Uri(own.Uri!));
    }

    [ServerFact]
    public async Task Rotated_credentials_and_keys_leave_a_tenant_that_serves()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        await ChangeAsync(tenant, TenantChange.RotateCredentials);
        TenantPlacement after = await neon.Freehold.PlacementAsync(tenant.Id);
        Assert.NotEqual(tenant.Role, after.Role);
        Assert.Empty(await neon.SearchAsync(after, "anything"));

        await using ServiceProvider rekeyed = neon.Build(new()
        {
            ["Tenants:CredentialKeys:0:Id"] = "next",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 7]),
            ["Tenants:CredentialKeys:1:Id"] = "test",
            ["Tenants:CredentialKeys:1:Key"] = Convert.ToBase64String(new byte[32]),
        });
        await neon.RunDueAsync(await rekeyed.GetRequiredService<RotateKeys>().StartAsync(Caller.Admin(), default), rekeyed);
        await using ServiceProvider newKeyOnly = neon.Build(new()
        {
            ["Tenants:CredentialKeys:0:Id"] = "next",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 7]),
        });
        Assert.True(await newKeyOnly.GetRequiredService<DatabaseProviders>().Of("neon").MigrateAsync(after.Database!, default) > 0);
    }

    [ServerFact]
    public async Task Plans_that_share_a_project_have_their_databases_in_it()
    {
        await using ServiceProvider host = neon.Build(new()
        {
            ["Provisioning:Neon:SharedPlans:0"] = "free",
            ["Provisioning:Neon:SharedConnectionString"] = TestServers.Postgres,
        });

        TenantPlacement small = await neon.ProvisionAsync(host, "free");
        TenantPlacement large = await neon.ProvisionAsync(host, "standard");

        Assert.Equal(("neon-shared", "neon"), (small.Provider, large.Provider));
        Assert.DoesNotContain(small.Database, neon.Neon.Projects.Values);
        Assert.Empty(await SearchAsync(host, small));
        Assert.Empty(await SearchAsync(host, large));
        IDatabaseProvider shared = host.GetRequiredService<DatabaseProviders>().Of("neon-shared");
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Assert.Equal(("neon-shared", now.AddDays(1)), (shared.RecoveryOf(now).Name, shared.RecoveryOf(now).RecoverableUntil));
        await shared.RemoveAsync(small.Database!, small.Role!, default);
    }

    [ServerFact]
    public async Task Tenants_on_a_server_of_ours_serve_beside_those_at_neon()
    {
        TenantPlacement earlier = await neon.Freehold.ProvisionAsync();
        await using ServiceProvider both = neon.Build(new() { ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres });

        TenantPlacement later = await neon.ProvisionAsync(both);

        Assert.Equal(("postgres", "neon"), (earlier.Provider, later.Provider));
        Assert.Empty(await SearchAsync(both, earlier));
        Assert.Empty(await SearchAsync(both, later));

        // A host that knows one of them only says so, and leaves the other's alone.
        StartedOperation suspended = await neon.Get<ChangeTenant>().RunAsync(
            earlier.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Contains("'postgres'", await neon.FailureAsync(suspended.Id), StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task Larger_plan_reaches_a_tenant_that_is_stopped_for_its_quota_and_the_rest_of_it_follows()
    {
        await using ServiceProvider host = neon.Build(Quota);
        TenantPlacement tenant = await neon.ProvisionAsync(host, "free");
        TenantCredential own = await host.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default);
        string project = await neon.ProjectAsync(tenant);
        neon.Neon.SetOverQuota(project, isOver: true);

        Guid operation = await SetPlanAsync(host, tenant, "standard");

        Assert.True(ChangedQuotas(project) == 1, await neon.FailureAsync(operation));
        Assert.Equal(("queued", "limits"), (await neon.StateAsync(operation), await StepAsync(operation)));
        Assert.Contains("quota", await neon.FailureAsync(operation), StringComparison.Ordinal);
        neon.Neon.SetOverQuota(project, isOver: false);
        await neon.RunDueAsync(operation, host);
        Assert.Equal(("done", 8), (await neon.StateAsync(operation), await LimitAsync(own)));
    }

    [ServerFact]
    public async Task Plan_of_a_suspended_tenant_reaches_neon_at_once_and_its_roles_when_it_is_resumed()
    {
        await using ServiceProvider host = neon.Build(Quota);
        TenantPlacement tenant = await neon.ProvisionAsync(host, "free");
        TenantCredential own = await host.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default);
        await ChangeAsync(tenant, TenantChange.Suspend);

        Guid operation = await SetPlanAsync(host, tenant, "standard");
        Assert.Equal("done", await neon.StateAsync(operation));
        Assert.Equal((1, 4), (ChangedQuotas(await neon.ProjectAsync(tenant)), await LimitAsync(own)));

        await ChangeAsync(tenant, TenantChange.Resume);
        Assert.Equal(8, await LimitAsync(own));
    }

    [ServerFact]
    public async Task Plan_that_is_changed_while_the_project_is_being_made_reaches_it()
    {
        await using ServiceProvider host = neon.Build(Quota);
        neon.Neon.Faults.Then(new Fault(FaultKind.Late) { Method = "POST", Route = "projects", Delay = TimeSpan.FromSeconds(1) });
        NewTenant asked = new(NeonFixture.NewId(), Plan: "free");
        Task<CreatedTenant> making = host.GetRequiredService<CreateTenant>().RunAsync(asked, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        await FreeholdFixture.EventuallyAsync(async () => await neon.CatalogAsync<long>(
            $"select count(*) from catalog.neon_projects join catalog.tenants t on t.uid = tenant_uid where t.id = '{asked.Id}'") == 1);

        await host.GetRequiredService<ChangeTenant>().RunAsync(
            TenantId.Parse(asked.Id), TenantChange.SetPlan("standard"), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        CreatedTenant created = await making;

        Assert.True(created.Active, await neon.FailureAsync(created.Operation));
        Assert.Equal(1, ChangedQuotas(await neon.ProjectAsync(await neon.Freehold.PlacementAsync(created.Tenant))));
    }

    [ServerFact]
    public async Task Credentials_of_a_suspended_tenant_are_revoked_at_once_and_gone_when_it_is_resumed()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        TenantCredential own = await neon.Get<TenantCredentials>().IssueAsync(tenant.Id, default);
        await ChangeAsync(tenant, TenantChange.Suspend);

        await neon.Get<TenantCredentials>().RevokeAsync(tenant.Id, default);
        await neon.Get<RetireRoles>().RunAsync(default);
        Assert.True(Assert.Single(await neon.Get<TenantCredentials>().ListAsync(tenant.Id, default)).RetiresAt <= DateTimeOffset.UtcNow);

        await ChangeAsync(tenant, TenantChange.Resume);
        Assert.Empty(await neon.Get<TenantCredentials>().ListAsync(tenant.Id, default));
        await AssertOpensNothingAsync(new Uri(own.Uri!));
    }

    [ServerFact]
    public async Task Credentials_of_a_suspended_tenant_are_rotated_when_it_is_resumed()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        await ChangeAsync(tenant, TenantChange.Suspend);
        Guid rotation = (await neon.Get<ChangeTenant>().RunAsync(
            tenant.Id, TenantChange.RotateCredentials, Caller.Admin(), TimeSpan.FromSeconds(30), default)).Id;
        for (int i = 0; i < 12; i++)
        {
            await neon.RunDueAsync(rotation);
        }

        Assert.Equal("queued", await neon.StateAsync(rotation));
        Assert.Contains("suspended", await neon.FailureAsync(rotation), StringComparison.Ordinal);
        Assert.Equal(0L, await neon.CatalogAsync<long>($"select count(*) from catalog.database_roles where tenant_uid = '{tenant.Uid}'"));

        await ChangeAsync(tenant, TenantChange.Resume);
        await neon.RunDueAsync(rotation);
        Assert.Equal("done", await neon.StateAsync(rotation));
        Assert.Empty(await neon.SearchAsync(await neon.Freehold.PlacementAsync(tenant.Id), "anything"));
    }

    [ServerFact]
    public async Task Plan_that_changes_nothing_in_the_database_lets_it_sleep()
    {
        await using ServiceProvider host = neon.Build(Quota);
        TenantPlacement tenant = await neon.ProvisionAsync(host, "enterprise");
        await host.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default);
        neon.Neon.LetSleep(await neon.ProjectAsync(tenant));
        int wakes = neon.Neon.Wakes.Count;

        Assert.Equal("done", await neon.StateAsync(await SetPlanAsync(host, tenant, "standard")));

        Assert.Equal(wakes, neon.Neon.Wakes.Count);
        Assert.Equal(1, ChangedQuotas(await neon.ProjectAsync(tenant)));
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

    private static async Task<Guid> SetPlanAsync(IServiceProvider host, TenantPlacement tenant, string plan) => (await host.GetRequiredService<ChangeTenant>()
        .RunAsync(tenant.Id, TenantChange.SetPlan(plan), Caller.Admin(), TimeSpan.FromSeconds(30), default)).Id;

    /// <summary>How often the project was given the quota of the plan with terms.</summary>
    private int ChangedQuotas(string project) => neon.Neon.Requests.Count(request =>
        request is { Method: "PATCH", Route: "projects/{project}" }
        && request.Path.EndsWith(project, StringComparison.Ordinal)
        && request.Body.Contains("36000", StringComparison.Ordinal));

    private static Task<int> LimitAsync(TenantCredential credential) =>
        FreeholdFixture.ServerScalarAsync<int>($"select rolconnlimit from pg_roles where rolname = '{credential.Role}'");

    private async Task ChangeAsync(TenantPlacement tenant, TenantChange change)
    {
        StartedOperation operation = await neon.Get<ChangeTenant>().RunAsync(tenant.Id, change, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Equal("done", await neon.StateAsync(operation.Id));
    }

    private async Task AssertOpensNothingAsync(Uri uri)
    {
        foreach (string host in new[] { "127.0.0.1", "127.0.0.2" })
        {
            string[] user = uri.UserInfo.Split(':');
            await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder
            {
                Host = host,
                Port = neon.Neon.Port,
                Database = uri.AbsolutePath[1..],
                Username = user[0],
                Password = user[1],
                Pooling = false,
            }.ConnectionString);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync());
        }
    }

    private async Task<JsonElement> CertificateAsync(Guid operation)
    {
        string body = await neon.CatalogAsync<string>($"select body from catalog.deletion_certificates where operation_id = '{operation}'");
        string payload = JsonElement.Parse(body).GetProperty("payload").GetString()!;
        return JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
    }

    private Task<string> StepAsync(Guid operation) => neon.CatalogAsync<string>($"select step from catalog.operations where id = '{operation}'");
}
