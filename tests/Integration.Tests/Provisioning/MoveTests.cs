using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Moves;
using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>Tenants go from a server of ours to Neon and back, and lose nothing.</summary>
public sealed class MoveTests(NeonFixture neon) : IClassFixture<NeonFixture>, IAsyncLifetime
{
    private ServiceProvider? _host;

    private FreeholdFixture Freehold => neon.Freehold;

    public Task InitializeAsync()
    {
        if (TestServers.Missing is null)
        {
            _host = neon.Build(new()
            {
                ["Provisioning:Provider"] = "postgres",
                ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres,
            });
        }

        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    [ServerFact]
    public async Task A_tenant_goes_to_Neon_and_back_with_all_it_has()
    {
        TenantPlacement tenant = await ProvisionAsync();
        await IngestAsync(tenant, "one.txt", "The lighthouse keeper counts ships.");
        await IngestAsync(tenant, "two.md", "# Tides\n\nThe moon pulls the sea.\n\nA harbour dries out at low water.");
        TenantCredential own = await Get<TenantCredentials>().IssueAsync(tenant.Id, default);
        await neon.CatalogAsync<object>($"update catalog.tenants set over_quota_at = now(), quota_resets_at = now() where uid = '{tenant.Uid}' returning 1");

        TenantPlacement atNeon = await MoveAsync(tenant, "neon");

        Assert.Equal(("neon", false), (atNeon.Provider, atNeon.IsOverQuota));
        Assert.NotEqual(tenant.Database, atNeon.Database);
        await AssertSearchableAsync(atNeon);
        Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_database where datname = '{tenant.Database}')"));
        Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_roles where rolname in ('{tenant.Role}', '{own.Role}'))"));

        // Credentials of the tenant's own end with the database that they open, on whichever side.
        await IngestAsync(atNeon, "three.txt", "A ferry leaves at dawn.");
        await Get<TenantCredentials>().IssueAsync(tenant.Id, default);
        TenantPlacement back = await MoveAsync(atNeon, "postgres");

        Assert.Equal("postgres", back.Provider);
        await AssertSearchableAsync(back);
        Assert.Single(await SearchAsync(back, "ferry"));
        Assert.DoesNotContain(atNeon.Database!, neon.Neon.Projects.Values);
        Assert.Empty(await Get<TenantCredentials>().ListAsync(tenant.Id, default));
        Assert.Equal(0, await neon.CatalogAsync<long>($"select count(*) from catalog.moves where tenant_uid = '{tenant.Uid}'"));
    }

    [ServerFact]
    public async Task Documents_that_change_during_the_copy_arrive_as_they_are_in_the_end()
    {
        TenantPlacement tenant = await ProvisionAsync();
        for (int i = 0; i < 8; i++)
        {
            await IngestAsync(tenant, $"{i}.txt", $"Document number{i} speaks of the first version.");
        }

        await HoldSwitchAsync(tenant);
        Guid operation = (await Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.MoveTo("neon"), Caller.Admin(), TimeSpan.Zero, default)).Id;
        await neon.RunDueAsync(operation, _host);
        Assert.Equal("queued", await StateAsync(operation));
        Assert.Equal("switch", await neon.CatalogAsync<string>($"select step from catalog.operations where id = '{operation}'"));

        await IngestAsync(tenant, "3.txt", "Document number3 speaks of the second version.");
        await IngestAsync(tenant, "new.txt", "A pelican nobody expected.");
        await Get<DocumentBlobs>().DeleteAsync(tenant.Id, DocumentPath.Parse("5.txt"), condition: null, default);
        await Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("5.txt"), default);
        await LetSwitchAsync(tenant);

        TenantPlacement moved = await FinishAsync(tenant, operation);
        Assert.Equal("neon", moved.Provider);
        Assert.Contains("second", Assert.Single(await SearchAsync(moved, "\"number3 speaks\"")).Text, StringComparison.Ordinal);
        Assert.Single(await SearchAsync(moved, "pelican"));
        Assert.Empty(await SearchAsync(moved, "\"number5 speaks\""));
    }

    [ServerFact]
    public async Task The_database_that_is_left_takes_no_writes_and_the_copy_equals_it()
    {
        TenantPlacement tenant = await ProvisionAsync();
        await IngestAsync(tenant, "one.txt", "The lighthouse keeper counts ships.");
        await using NpgsqlConnection owner = await Get<DatabaseProviders>().Of("postgres").OpenAsOwnerAsync(tenant.Database!, default);
        await WritePause.BeginAsync(owner, default);
        await WritePause.BeginAsync(owner, default);

        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
            () => Freehold.ScalarAsync<long>(tenant, "with gone as (delete from documents returning 1) select count(*) from gone"));
        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, refused.SqlState);
        Assert.Equal(1, await Freehold.ScalarAsync<long>(tenant, "select count(*) from documents"));

        // A document that comes now waits, and loses no attempt.
        await Freehold.UploadAsync(tenant, "late.txt", "A late arrival.");
        await Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("late.txt"), default);
        DocumentStatus late = (await Freehold.StatusAsync(tenant, "late.txt"))!;
        Assert.NotEqual("failed", late.State);

        await WritePause.EndAsync(owner, default);
        Assert.Equal("ready", (await Freehold.IngestAsync(tenant, "late.txt", "A late arrival again.")).State);
    }

    [ServerFact]
    public async Task A_move_is_called_off_by_one_to_where_the_database_is()
    {
        TenantPlacement tenant = await ProvisionAsync();
        await IngestAsync(tenant, "one.txt", "The lighthouse keeper counts ships.");
        neon.Neon.Faults.Then(new Fault(FaultKind.ProjectsLimit) { Method = "POST", Route = "projects" });
        Guid operation = (await Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.MoveTo("neon"), Caller.Admin(), TimeSpan.Zero, default)).Id;
        await Get<RunOperation>().RunAsync(operation, default);
        Assert.Equal("postgres", (await Freehold.PlacementAsync(tenant.Id)).Provider);

        TenantPlacement same = await MoveAsync(tenant, "postgres");

        Assert.Equal(tenant.Database, same.Database);
        Assert.Equal(0, await neon.CatalogAsync<long>($"select count(*) from catalog.moves where tenant_uid = '{tenant.Uid}'"));
        await IngestAsync(same, "two.txt", "Written again.");
    }

    [ServerFact]
    public async Task A_tenant_that_is_deleted_on_the_move_leaves_nothing_on_either_side()
    {
        TenantPlacement tenant = await ProvisionAsync();
        await IngestAsync(tenant, "one.txt", "The lighthouse keeper counts ships.");
        Guid move = (await Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.MoveTo("neon"), Caller.Admin(), TimeSpan.Zero, default)).Id;
        using CancellationTokenSource stop = new();
        Task<bool> first = Get<RunOperation>().RunAsync(move, stop.Token);
        await FreeholdFixture.EventuallyAsync(async () => first.IsCompleted || await neon.CatalogAsync<long>(
            $"select count(*) from catalog.operations where id = '{move}' and step = 'copy'") > 0);
        await stop.CancelAsync();
        await Record.ExceptionAsync(() => first);

        StartedOperation deletion = await Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        for (int i = 0; i < 50 && await neon.CatalogAsync<string>($"select state from catalog.tenants where uid = '{tenant.Uid}'") != "deleted"; i++)
        {
            await neon.CatalogAsync<object>($"update catalog.tenants set purge_at = now(), busy_until = null where uid = '{tenant.Uid}' returning 1");
            await neon.RunDueAsync(deletion.Id, _host);
        }

        Assert.Equal("deleted", await neon.CatalogAsync<string>($"select state from catalog.tenants where uid = '{tenant.Uid}'"));
        Assert.Equal(0, await neon.CatalogAsync<long>($"select count(*) from catalog.moves where tenant_uid = '{tenant.Uid}'"));
        Assert.Equal(0, await neon.CatalogAsync<long>($"select count(*) from catalog.neon_projects where tenant_uid = '{tenant.Uid}'"));
    }

    [ServerFact]
    public async Task A_plan_that_changes_on_the_way_reaches_the_new_project()
    {
        await using ServiceProvider host = neon.Build(new()
        {
            ["Provisioning:Provider"] = "postgres",
            ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres,
            ["Provisioning:Neon:Plans:0:Name"] = "standard",
            ["Provisioning:Neon:Plans:0:ActiveTime"] = "10:00:00",
        });
        TenantPlacement tenant = await ProvisionAsync();
        await HoldSwitchAsync(tenant);
        Guid move = (await host.GetRequiredService<ChangeTenant>().RunAsync(tenant.Id, TenantChange.MoveTo("neon"), Caller.Admin(), TimeSpan.Zero, default)).Id;
        await neon.RunDueAsync(move, host);

        await host.GetRequiredService<ChangeTenant>().RunAsync(tenant.Id, TenantChange.SetPlan("standard"), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        await LetSwitchAsync(tenant);
        await neon.RunDueAsync(move, host);

        Assert.Equal("done", await StateAsync(move));
        string project = await neon.ProjectAsync(await Freehold.PlacementAsync(tenant.Id));
        Assert.Contains(neon.Neon.Requests, request =>
            request.Method == "PATCH" && request.Path.EndsWith(project, StringComparison.Ordinal) && request.Body.Contains("36000", StringComparison.Ordinal));
    }

    [ServerFact]
    public async Task Who_has_lost_the_lease_ends_nobodys_pause_and_erases_nobodys_copy()
    {
        TenantPlacement tenant = await ProvisionAsync();
        await IngestAsync(tenant, "one.txt", "The lighthouse keeper counts ships.");
        await HoldSwitchAsync(tenant);
        Guid operation = (await Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.MoveTo("neon"), Caller.Admin(), TimeSpan.Zero, default)).Id;
        await neon.RunDueAsync(operation, _host);
        await LetSwitchAsync(tenant);
        OtherDatabase other = (await Get<MoveBook>().FindAsync(tenant.Uid, default))!;
        LeasedOperation lost = new(
            operation, OperationKinds.Move, Guid.NewGuid(), 1, new OperationTenant(tenant.Uid, tenant.Id, tenant.Plan, tenant.Provider, tenant.Database, tenant.Role, null, false));

        // The pause of the host that went on.
        await using NpgsqlConnection source = await Get<DatabaseProviders>().Of("postgres").OpenAsOwnerAsync(tenant.Database!, default);
        await WritePause.BeginAsync(source, default);
        await using (NpgsqlConnection target = await Get<DatabaseProviders>().Of("neon").OpenAsOwnerAsync(other.Database.Name, default))
        {
            DatabaseCopy copy = await DatabaseCopy.BeginAsync(source, target, default);
            MoveWork work = new(lost, new Progress(), tenant, other, TimeProvider.System.GetTimestamp());
            await Assert.ThrowsAsync<LeaseLostException>(
                () => Get<SwitchTenant>().RunAsync(work, copy, source, new CopiedDatabase(new DatabaseAddress("nowhere", 1), 1), default));
        }

        await Assert.ThrowsAsync<LeaseLostException>(
            () => Get<EraseOther>().RunAsync(lost, tenant, other, new Progress(), fetchesLate: true, default));

        Assert.True(await IsPausedAsync(source));
        Assert.Contains(other.Database.Name, neon.Neon.Projects.Values);
        await FinishAsync(tenant, operation);
    }

    private T Get<T>()
        where T : notnull => _host!.GetRequiredService<T>();

    /// <summary>Other credentials are on their way: all is copied, and the switch waits.</summary>
    private Task<object> HoldSwitchAsync(TenantPlacement tenant) => neon.CatalogAsync<object>(
        $"""
        insert into catalog.database_roles (name, tenant_uid, purpose, encrypted_password, created_at)
        values ('t_{tenant.Uid:N}', '{tenant.Uid}', 'runtime', '', now()) returning 1
        """);

    private Task<object> LetSwitchAsync(TenantPlacement tenant) =>
        neon.CatalogAsync<object>($"delete from catalog.database_roles where tenant_uid = '{tenant.Uid}' returning 1");

    private static async Task<bool> IsPausedAsync(NpgsqlConnection owner)
    {
        await using NpgsqlCommand command = new("select to_regprocedure('refuse_while_moved()') is not null", owner);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private async Task<TenantPlacement> ProvisionAsync()
    {
        TenantPlacement tenant = await neon.ProvisionAsync(_host);
        Assert.Equal("postgres", tenant.Provider);
        return tenant;
    }

    private async Task IngestAsync(TenantPlacement tenant, string path, string text)
    {
        await Freehold.UploadAsync(tenant, path, text);
        await Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);
        Assert.Equal("ready", (await Freehold.StatusAsync(tenant, path))!.State);
    }

    private async Task<IReadOnlyList<Freehold.Retrieval.Passage>> SearchAsync(TenantPlacement tenant, string query) =>
        (await Get<Freehold.Retrieval.SearchChunks>().RunAsync(tenant, new Freehold.Retrieval.SearchRequest(query, 10, "lexical"), default)).Passages;

    private async Task AssertSearchableAsync(TenantPlacement tenant)
    {
        Assert.Contains(await SearchAsync(tenant, "lighthouse"), passage => passage.Text.Contains("counts ships", StringComparison.Ordinal));
        Assert.NotEmpty(await SearchAsync(tenant, "harbour"));
        await using TenantConnection connection = await Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        await using NpgsqlCommand command = new(
            "select (select sum(chunks) from corpus_statistics) = (select count(*) from chunks) and (select count(*) from chunks) = (select count(*) from embeddings)",
            connection.Connection);
        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }

    private async Task<TenantPlacement> MoveAsync(TenantPlacement tenant, string provider) => await FinishAsync(
        tenant,
        (await Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.MoveTo(provider), Caller.Admin(), TimeSpan.Zero, default)).Id);

    private async Task<TenantPlacement> FinishAsync(TenantPlacement tenant, Guid operation)
    {
        for (int i = 0; i < 50 && await StateAsync(operation) is "queued" or "running"; i++)
        {
            await neon.RunDueAsync(operation, _host);
        }

        Assert.Equal("done", await StateAsync(operation));
        return await Freehold.PlacementAsync(tenant.Id);
    }

    private Task<string> StateAsync(Guid operation) =>
        neon.CatalogAsync<string>($"select state || case when state = 'failed' then ' ' || failure else '' end from catalog.operations where id = '{operation}'");
}
