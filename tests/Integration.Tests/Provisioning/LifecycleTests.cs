using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

public sealed class LifecycleTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Suspended_tenant_keeps_its_data_and_nobody_reaches_its_database_until_it_is_resumed()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Walnuts are stored in the cellar.");
        string entry = freehold.ConnectionString(tenant);
        await using NpgsqlConnection inside = new(entry);
        await inside.OpenAsync();

        await ChangeAsync(tenant.Id, TenantChange.Suspend);

        Assert.Equal(TenantState.Suspended, (await freehold.PlacementAsync(tenant.Id)).State);
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(entry, "select 1"));
        await using NpgsqlCommand still = new("select 1", inside);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => still.ExecuteScalarAsync());

        // A host that has not heard of it yet says why, not that the server is away.
        TenantNotReadyException refusal = await Assert.ThrowsAsync<TenantNotReadyException>(() => freehold.SearchAsync(tenant, "walnuts"));
        Assert.Equal(TenantState.Suspended, refusal.State);

        await ChangeAsync(tenant.Id, TenantChange.Resume);
        Assert.Single(await freehold.SearchAsync(tenant, "walnuts"));
    }

    [ServerFact]
    public async Task Document_put_into_storage_while_its_tenant_is_suspended_is_taken_in_when_it_resumes()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await ChangeAsync(tenant.Id, TenantChange.Suspend);
        await freehold.WriteBlobAsync(tenant, "late.txt", "Figs.");
        await freehold.LookAtAsync(await freehold.PlacementAsync(tenant.Id), "late.txt");
        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "late.txt"))!.State);

        await ChangeAsync(tenant.Id, TenantChange.Resume);

        WakeUps due = await freehold.Get<ResumeDocuments>().RunAsync(default);
        Assert.Contains(due.Documents, message => message.Contains(tenant.Uid.ToString(), StringComparison.Ordinal));
        await freehold.LookAtAsync(await freehold.PlacementAsync(tenant.Id), "late.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "late.txt"))!.State);
    }

    [ServerFact]
    public async Task Blob_deleted_while_its_tenant_is_suspended_or_deleted_is_removed_when_it_comes_back()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        foreach ((string path, TenantChange away, TenantChange back) in new[]
        {
            ("a.txt", TenantChange.Suspend, TenantChange.Resume),
            ("b.txt", TenantChange.Delete(TimeSpan.FromDays(1), purge: false), TenantChange.Undelete),
        })
        {
            await freehold.IngestAsync(tenant, path, $"Walnuts of {path}.");
            await freehold.Get<ChangeTenant>().RunAsync(tenant.Id, away, Caller.Admin(), TimeSpan.FromSeconds(30), default);
            await freehold.Get<Freehold.Storage.DocumentBlobs>().DeleteAsync(tenant.Id, Freehold.Storage.DocumentPath.Parse(path), condition: null, default);
            await freehold.LookAtAsync(await freehold.PlacementAsync(tenant.Id), path);

            await ChangeAsync(tenant.Id, back);
            Assert.Contains(
                (await freehold.Get<ResumeDocuments>().RunAsync(default)).Documents, message => message.Contains(path, StringComparison.Ordinal));
            await freehold.LookAtAsync(await freehold.PlacementAsync(tenant.Id), path);
            Assert.Null(await freehold.StatusAsync(tenant, path));
        }

        await freehold.AssertStatisticsAsync(await freehold.PlacementAsync(tenant.Id), chunks: 0);
    }

    [ServerFact]
    public async Task Upload_that_meets_a_suspension_is_kept()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "The earlier version.");
        await ChangeAsync(tenant.Id, TenantChange.Suspend);

        await freehold.UploadAsync(tenant, "a.txt", "The later version.");
        await freehold.LookAtAsync(await freehold.PlacementAsync(tenant.Id), "a.txt");
        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "a.txt"))!.State);

        await ChangeAsync(tenant.Id, TenantChange.Resume);
        await freehold.LookAtAsync(await freehold.PlacementAsync(tenant.Id), "a.txt");
        Assert.Single(await freehold.SearchAsync(await freehold.PlacementAsync(tenant.Id), "later"));
    }

    [ServerFact]
    public async Task Deleted_tenant_is_refused_at_once_kept_for_its_grace_period_and_can_be_brought_back()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");

        StartedOperation deletion = await DeleteAsync(tenant.Id, purge: false);
        await freehold.Get<RunOperation>().RunAsync(deletion.Id, default);

        Operation waiting = await OperationAsync(deletion.Id);
        Assert.Equal(("queued", "grace"), (waiting.State, waiting.Step));
        Assert.InRange(waiting.NextAttemptAt!.Value - waiting.CreatedAt, TimeSpan.FromDays(6.9), TimeSpan.FromDays(7.1));
        await Assert.ThrowsAsync<TenantNotReadyException>(() => freehold.SearchAsync(tenant, "walnuts"));
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(freehold.ConnectionString(tenant), "select 1"));

        await ChangeAsync(tenant.Id, TenantChange.Undelete);

        Assert.Equal(TenantState.Active, (await freehold.PlacementAsync(tenant.Id)).State);
        Assert.Single(await freehold.SearchAsync(tenant, "walnuts"));
        Assert.Equal("failed", (await OperationAsync(deletion.Id)).State);
    }

    [ServerFact]
    public async Task Suspended_tenant_that_is_deleted_and_brought_back_is_suspended()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await ChangeAsync(tenant.Id, TenantChange.Suspend);
        await DeleteAsync(tenant.Id, purge: false);
        await ChangeAsync(tenant.Id, TenantChange.Undelete);

        Assert.Equal(TenantState.Suspended, (await freehold.PlacementAsync(tenant.Id)).State);
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(freehold.ConnectionString(tenant), "select 1"));
    }

    [ServerFact]
    public async Task Deletion_in_its_grace_period_is_hastened_by_a_purge_and_then_nothing_brings_the_tenant_back()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        StartedOperation deletion = await DeleteAsync(tenant.Id, purge: false);
        await freehold.Get<RunOperation>().RunAsync(deletion.Id, default);

        Assert.Equal(deletion.Id, (await DeleteAsync(tenant.Id, purge: true)).Id);
        await freehold.Get<RunOperation>().RunAsync(deletion.Id, default);

        Assert.Equal("done", (await OperationAsync(deletion.Id)).State);
        await Assert.ThrowsAsync<TenantNotFoundException>(() => ChangeAsync(tenant.Id, TenantChange.Undelete));
    }

    [ServerFact]
    public async Task Tenant_stuck_in_the_making_can_be_deleted()
    {
        CreatedTenant created = await freehold.Get<CreateTenant>().RunAsync(
            new NewTenant("s" + Guid.NewGuid().ToString("N")[..16]), Caller.Admin(), TimeSpan.Zero, default);

        await freehold.EraseAsync(created.Tenant);
        await freehold.Get<RunOperation>().RunAsync(created.Operation, default);

        Assert.Null(await freehold.Get<TenantCatalog>().FindAsync(created.Tenant, default));
        Assert.Equal("failed", (await OperationAsync(created.Operation)).State);
    }

    [ServerFact]
    public async Task Failed_provisioning_is_retried_from_any_step()
    {
        await using var broken = freehold.BuildWithoutServer(maxAttempts: 1);
        CreatedTenant created = await freehold.Get<CreateTenant>().RunAsync(
            new NewTenant("r" + Guid.NewGuid().ToString("N")[..16]), Caller.Admin(), TimeSpan.Zero, default);
        await FreeholdFixture.Get<RunOperation>(broken).RunAsync(created.Operation, default);
        Assert.Equal("failed", (await OperationAsync(created.Operation)).State);

        Guid retried = await freehold.Get<RetryOperation>().RunAsync(created.Tenant, Caller.Admin(), default);
        await freehold.Get<RunOperation>().RunAsync(retried, default);

        Assert.Equal(created.Operation, retried);
        Assert.Equal(TenantState.Active, (await freehold.PlacementAsync(created.Tenant)).State);
        await Assert.ThrowsAsync<OperationNotFailedException>(
            () => freehold.Get<RetryOperation>().RunAsync(created.Operation, Caller.Admin(), default));
    }

    [ServerFact]
    public async Task Overtaken_operations_cannot_be_retried()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        StartedOperation deletion = await DeleteAsync(tenant.Id, purge: false);
        await ChangeAsync(tenant.Id, TenantChange.Undelete);

        await Assert.ThrowsAsync<OperationNotFailedException>(
            () => freehold.Get<RetryOperation>().RunAsync(deletion.Id, Caller.Admin(), default));
        Assert.Equal(TenantState.Active, (await freehold.PlacementAsync(tenant.Id)).State);
    }

    [ServerFact]
    public async Task Suspensions_and_resumptions_in_any_order_end_in_the_state_that_was_asked_for_last()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ChangeTenant change = freehold.Get<ChangeTenant>();
        RunOperation run = freehold.Get<RunOperation>();
        StartedOperation suspend = await change.RunAsync(tenant.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.Zero, default);
        StartedOperation resume = await change.RunAsync(tenant.Id, TenantChange.Resume, Caller.Admin(), TimeSpan.Zero, default);

        await run.RunAsync(resume.Id, default);
        await run.RunAsync(suspend.Id, default);

        Assert.Equal(1, await ExecuteAsync(freehold.ConnectionString(tenant), "select 1"));
    }

    [ServerFact]
    public async Task Same_idempotency_key_is_one_operation_whichever_way_it_comes()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string key = $"key-{tenant.Id}";
        StartedOperation first = await freehold.Get<ChangeTenant>().RunAsync(
            tenant.Id, TenantChange.Suspend, Caller.Admin(key), TimeSpan.Zero, default);

        Guid second = await freehold.Get<HandleTenantCommand>().RunAsync(
            $$"""{"version":1,"command":"suspend","tenant":"{{tenant.Id}}","idempotencyKey":"{{key}}"}""", default);

        Assert.Equal(first.Id, second);
        await Assert.ThrowsAsync<ImpossibleRequestException>(() => freehold.Get<ChangeTenant>().RunAsync(
            tenant.Id, TenantChange.Resume, Caller.Admin(key), TimeSpan.Zero, default));
    }

    [ServerFact]
    public async Task Undelete_during_the_closing_of_the_database_ends_with_it_open()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using NpgsqlConnection inside = new(freehold.ConnectionString(tenant));
        await inside.OpenAsync();
        StartedOperation deletion = await DeleteAsync(tenant.Id, purge: false);
        Task closing = freehold.Get<RunOperation>().RunAsync(deletion.Id, default);
        await Task.Delay(300);
        Assert.Equal("running", (await OperationAsync(deletion.Id)).State);

        await ChangeAsync(tenant.Id, TenantChange.Undelete);
        await inside.CloseAsync();
        await closing;

        Operation over = await OperationAsync(deletion.Id);
        Assert.Equal(("failed", "Overtaken by undelete."), (over.State, over.Failure));
        Assert.Equal(1, await ExecuteAsync(freehold.ConnectionString(tenant), "select 1"));
    }

    [ServerFact]
    public async Task Long_operation_keeps_its_lease_and_a_second_worker_leaves_it_alone()
    {
        await using var host = freehold.Build(new() { ["Provisioning:Lease"] = "00:00:02" });
        TenantPlacement tenant = await freehold.ProvisionAsync();

        // Somebody's session of the tenant's runtime role holds the closing up for as long as it is drained.
        await using NpgsqlConnection inside = new(freehold.ConnectionString(tenant));
        await inside.OpenAsync();
        StartedOperation suspend = await FreeholdFixture.Get<ChangeTenant>(host).RunAsync(
            tenant.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.Zero, default);
        Task slow = FreeholdFixture.Get<RunOperation>(host).RunAsync(suspend.Id, default);
        await Task.Delay(4000);

        await freehold.Get<RunOperation>().RunAsync(suspend.Id, default);
        Operation running = await OperationAsync(suspend.Id);
        Assert.Equal(("running", "access", 1), (running.State, running.Step, running.Attempts));
        await inside.CloseAsync();
        await slow;
        Assert.Equal("done", (await OperationAsync(suspend.Id)).State);
    }

    private async Task ChangeAsync(TenantId id, TenantChange change) => Assert.True(
        (await freehold.Get<ChangeTenant>().RunAsync(id, change, Caller.Admin(), TimeSpan.FromSeconds(30), default)).Done);

    private Task<StartedOperation> DeleteAsync(TenantId id, bool purge) =>
        freehold.Get<DeleteTenant>().RunAsync(id, purge, Caller.Admin(), TimeSpan.Zero, default);

    private async Task<Operation> OperationAsync(Guid id) => (await freehold.Get<OperationStore>().FindAsync(id, default))!;

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
