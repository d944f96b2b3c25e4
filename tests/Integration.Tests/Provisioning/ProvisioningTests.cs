using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Provisioning;

public sealed class ProvisioningTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Tenant_asked_for_with_wait_is_active_in_a_database_of_its_own()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();

        Assert.Equal(TenantState.Active, tenant.State);
        Assert.Equal(tenant.Database, await freehold.ScalarAsync<string>(tenant, "select current_database()::text"));
        Assert.Equal(tenant.Role, await freehold.ScalarAsync<string>(tenant, "select current_user::text"));
        Assert.StartsWith("t_", tenant.Database, StringComparison.Ordinal);
        Assert.DoesNotContain(tenant.Id.Value, tenant.Database, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task Tenant_asked_for_without_wait_becomes_active_when_its_operation_runs()
    {
        CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
        Assert.Equal(TenantState.Provisioning, (await freehold.PlacementAsync(created.Tenant)).State);

        await freehold.Get<RunOperation>().RunAsync(created.Operation, default);

        Assert.Equal(TenantState.Active, (await freehold.PlacementAsync(created.Tenant)).State);
        Assert.Equal("done", (await OperationAsync(created.Operation)).State);
    }

    [ServerFact]
    public async Task Operation_woken_twice_runs_once()
    {
        CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
        RunOperation run = freehold.Get<RunOperation>();

        await Task.WhenAll(run.RunAsync(created.Operation, default), run.RunAsync(created.Operation, default));
        await run.RunAsync(created.Operation, default);

        Operation operation = await OperationAsync(created.Operation);
        Assert.Equal(("done", 1), (operation.State, operation.Attempts));
    }

    [ServerFact]
    public async Task Provisioning_that_stopped_after_any_step_is_finished_by_the_next_attempt()
    {
        PostgresProvider provider = freehold.Get<PostgresProvider>();
        for (int stepsDone = 0; stepsDone <= 2; stepsDone++)
        {
            CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
            TenantPlacement placement = await freehold.PlacementAsync(created.Tenant);
            TenantDatabase database = new(
                placement.Database!, placement.Role!, freehold.Get<CredentialCipher>().Open(placement.Uid, placement.EncryptedPassword));
            if (stepsDone > 0)
            {
                await provider.CreateDatabaseAsync(database, new DatabaseTerms(default, null), default);
            }

            if (stepsDone > 1)
            {
                await provider.OpenDatabaseAsync(database, default);
            }

            await freehold.Get<RunOperation>().RunAsync(created.Operation, default);

            placement = await freehold.PlacementAsync(created.Tenant);
            Assert.Equal(TenantState.Active, placement.State);
            Assert.Equal(0L, await freehold.ScalarAsync<long>(placement, "select count(*) from documents"));
        }
    }

    [ServerFact]
    public async Task Server_that_is_away_fails_the_attempt_and_a_later_one_succeeds()
    {
        await using var broken = freehold.BuildWithoutServer();
        CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
        await broken.GetRequiredService<RunOperation>().RunAsync(created.Operation, default);
        Operation failed = await OperationAsync(created.Operation);
        Assert.Equal(("queued", "database", 1), (failed.State, failed.Step, failed.Attempts));
        Assert.Equal("The PostgreSQL server could not be reached.", failed.Failure);

        await Task.Delay(100);
        await freehold.Get<RunOperation>().RunAsync(created.Operation, default);

        Assert.Equal(TenantState.Active, (await freehold.PlacementAsync(created.Tenant)).State);
    }

    [ServerFact]
    public async Task Provisioning_that_fails_too_often_is_given_up_with_a_reason_and_can_be_deleted()
    {
        await using var broken = freehold.BuildWithoutServer(maxAttempts: 1);
        CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
        await broken.GetRequiredService<RunOperation>().RunAsync(created.Operation, default);

        Tenant tenant = (await freehold.Get<TenantCatalog>().FindAsync(created.Tenant, default))!;
        Assert.Equal(TenantState.Failed, tenant.State);
        Assert.NotNull(tenant.Failure);

        await freehold.EraseAsync(created.Tenant);
        Assert.Null(await freehold.Get<TenantCatalog>().FindAsync(created.Tenant, default));
    }

    [ServerFact]
    public async Task Name_in_use_is_refused()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await Assert.ThrowsAsync<TenantAlreadyExistsException>(
            () => freehold.Get<CreateTenant>().RunAsync(new NewTenant(tenant.Id.Value), Caller.Admin(), TimeSpan.Zero, default));
    }

    [ServerFact]
    public async Task Same_idempotency_key_makes_one_tenant_and_refuses_another_request()
    {
        CreateTenant create = freehold.Get<CreateTenant>();
        NewTenant request = new("i" + Guid.NewGuid().ToString("N")[..12]);
        string key = Guid.NewGuid().ToString();

        CreatedTenant[] answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => create.RunAsync(request, Caller.Admin(key), TimeSpan.Zero, default)));

        Assert.Single(answers.Select(answer => answer.Operation).Distinct());
        await Assert.ThrowsAsync<ImpossibleRequestException>(
            () => create.RunAsync(request with { DisplayName = "Another" }, Caller.Admin(key), TimeSpan.Zero, default));
    }

    [ServerFact]
    public async Task Deleted_tenant_leaves_no_database_role_blob_key_or_note_and_its_name_is_free()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "The first tenant's text about walnuts.");
        ApiKey key = await freehold.Get<ApiKeys>().CreateAsync(tenant.Id, "k", null, null, default);

        Guid operation = await DeleteAsync(tenant);
        await Assert.ThrowsAsync<TenantNotReadyException>(
            () => freehold.Get<KeyCheck>().RequireTenantAsync("Bearer " + key.Secret, tenant.Id.Value, Scopes.Search, default));
        await freehold.Get<RunOperation>().RunAsync(operation, default);

        Assert.Equal("done", (await OperationAsync(operation)).State);
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_database where datname = '{tenant.Database}'"));
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{tenant.Role}'"));
        Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse("a.txt"), default));
        Assert.Empty(await freehold.Get<Manifest>().ListAsync(tenant.Uid, null, null, 10, default));
        await Assert.ThrowsAsync<UnknownKeyException>(
            () => freehold.Get<KeyCheck>().RequireTenantAsync("Bearer " + key.Secret, tenant.Id.Value, Scopes.Search, default));

        await freehold.Get<CreateTenant>().RunAsync(new NewTenant(tenant.Id.Value), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        TenantPlacement successor = await freehold.PlacementAsync(tenant.Id);
        Assert.NotEqual(tenant.Uid, successor.Uid);
        Assert.Empty(await freehold.SearchAsync(successor, "walnuts"));
    }

    [ServerFact]
    public async Task Commands_from_the_queue_make_and_remove_a_tenant()
    {
        HandleTenantCommand handle = freehold.Get<HandleTenantCommand>();
        string id = "c" + Guid.NewGuid().ToString("N")[..12];

        Guid made = await handle.RunAsync(
            $$"""{"version":1,"command":"provision","tenant":"{{id}}","idempotencyKey":"{{id}}"}""", default);
        await freehold.Get<RunOperation>().RunAsync(made, default);
        Assert.Equal(TenantState.Active, (await freehold.PlacementAsync(TenantId.Parse(id))).State);

        Guid removed = await handle.RunAsync(
            $$"""{"version":1,"command":"delete","tenant":"{{id}}","purge":true,"confirmTenant":"{{id}}"}""", default);
        await freehold.Get<RunOperation>().RunAsync(removed, default);
        Assert.Null(await freehold.Get<TenantCatalog>().FindAsync(TenantId.Parse(id), default));
    }

    [ServerFact]
    public async Task Deletions_asked_for_at_the_same_time_or_again_are_one()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();

        Guid[] operations = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => DeleteAsync(tenant, i == 0 ? $"key-{tenant.Id}" : null)));
        Assert.Single(operations.Distinct());
        await freehold.Get<RunOperation>().RunAsync(operations[0], default);

        await Assert.ThrowsAsync<TenantNotFoundException>(() => DeleteAsync(tenant));
    }

    [ServerFact]
    public async Task Deletion_is_known_by_its_idempotency_key_even_when_it_is_done()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Guid operation = await DeleteAsync(tenant, $"key-{tenant.Id}");
        await freehold.Get<RunOperation>().RunAsync(operation, default);

        Assert.Equal(operation, await DeleteAsync(tenant, $"key-{tenant.Id}"));
        await Assert.ThrowsAsync<ImpossibleRequestException>(
            () => freehold.Get<CreateTenant>().RunAsync(new NewTenant(tenant.Id.Value), Caller.Admin($"key-{tenant.Id}"), TimeSpan.Zero, default));
    }

    [ServerFact]
    public async Task Attempt_that_wakes_up_after_its_tenant_was_erased_leaves_nothing()
    {
        CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
        LeasedOperation frozen = (await freehold.Get<OperationLeases>().TakeAsync(created.Operation, default))!;
        await freehold.Get<OperationLeases>().ReleaseAsync(frozen, default);
        await freehold.Get<RunOperation>().RunAsync(created.Operation, default);
        await freehold.EraseAsync(created.Tenant);

        Assert.False(await freehold.Get<RunOperation>().RunLeasedAsync(frozen, TimeSpan.FromSeconds(30), default));

        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_database where datname = '{frozen.Tenant.Database}'"));
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{frozen.Tenant.Role}'"));
    }

    [ServerFact]
    public async Task Forgotten_operation_is_found_again_once()
    {
        CreatedTenant created = await CreateAsync(wait: TimeSpan.Zero);
        OperationLeases store = freehold.Get<OperationLeases>();

        IReadOnlyList<Guid> first = await store.TakeForgottenAsync(TimeSpan.Zero, 1000, default);
        IReadOnlyList<Guid> second = await store.TakeForgottenAsync(TimeSpan.FromMinutes(1), 1000, default);

        Assert.Contains(created.Operation, first);
        Assert.DoesNotContain(created.Operation, second);
    }

    private Task<CreatedTenant> CreateAsync(TimeSpan wait) => freehold.Get<CreateTenant>()
        .RunAsync(new NewTenant("p" + Guid.NewGuid().ToString("N")[..16]), Caller.Admin(), wait, default);

    private async Task<Guid> DeleteAsync(TenantPlacement tenant, string? idempotencyKey = null) =>
        (await freehold.Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(idempotencyKey), TimeSpan.Zero, default)).Id;

    private async Task<Operation> OperationAsync(Guid id) => (await freehold.Get<OperationStore>().FindAsync(id, default))!;
}
