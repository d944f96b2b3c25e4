using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Provisioning.Spares;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>Each test has a catalog of its own, since a pool is its installation's.</summary>
public sealed class WarmPoolTests : IAsyncLifetime
{
    private readonly FreeholdFixture _freehold = new();
    private readonly List<ServiceProvider> _hosts = [];

    public Task InitializeAsync() => _freehold.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (ServiceProvider host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _freehold.DisposeAsync();
    }

    [ServerFact]
    public async Task Tenant_gets_a_ready_database_and_is_active_without_waiting()
    {
        ServiceProvider host = Host(size: 1);
        await FillAsync(host);

        CreatedTenant created = await CreateAsync(host, wait: TimeSpan.Zero);

        Assert.True(created.Active);
        TenantPlacement tenant = await _freehold.PlacementAsync(created.Tenant);
        Assert.Equal(TenantState.Active, tenant.State);
        Assert.Equal(0L, await _freehold.ScalarAsync<long>(tenant, "select count(*) from documents"));
        Assert.Equal(tenant.Role, await _freehold.ScalarAsync<string>(tenant, "select current_user::text"));
        Operation operation = (await _freehold.Get<OperationStore>().FindAsync(created.Operation, default))!;
        Assert.Equal(("done", "active", 1), (operation.State, operation.Step, operation.Attempts));
        Assert.NotNull(operation.FinishedAt);
        Assert.Equal("ready", (await _freehold.IngestAsync(tenant, "a.txt", "In a claimed database.")).State);
        WarmPoolView pool = Assert.Single((await host.GetRequiredService<DescribeFleet>().RunAsync(default)).WarmPool);
        Assert.Equal((0L, new WarmPoolUse(1, 0)), (pool.Ready, pool.InAll));
    }

    [ServerFact]
    public async Task Command_from_the_queue_takes_one_too_and_its_wake_up_finds_nothing_to_do()
    {
        ServiceProvider host = Host(size: 1);
        await FillAsync(host);
        string id = NewName();

        Guid operation = await host.GetRequiredService<HandleTenantCommand>()
            .RunAsync($$"""{"version":1,"command":"provision","tenant":"{{id}}"}""", default);
        TenantPlacement tenant = await _freehold.PlacementAsync(TenantId.Parse(id));
        await host.GetRequiredService<RunOperation>().RunAsync(operation, default);

        Assert.Equal(TenantState.Active, tenant.State);
        Assert.Equal(tenant.Uid, (await _freehold.PlacementAsync(TenantId.Parse(id))).Uid);
    }

    [ServerFact]
    public async Task Creations_of_two_hosts_never_get_one_database_and_what_the_pool_lacks_is_built()
    {
        ServiceProvider[] hosts = [Host(size: 25), Host(size: 25)];
        await Task.WhenAll(hosts.Select(FillAsync));
        Assert.Equal(25L, await CatalogAsync<long>("select count(*) from catalog.spare_databases where state = 'ready'"));

        CreatedTenant[] created = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => CreateAsync(hosts[i % 2], TimeSpan.FromSeconds(60))));

        Assert.All(created, tenant => Assert.True(tenant.Active));
        Assert.Equal(25L, await CatalogAsync<long>("select count(*) from catalog.tenants where claimed and state = 'active'"));
        Assert.Equal(15L, await CatalogAsync<long>("select count(*) from catalog.tenants where not claimed and state = 'active'"));
        Assert.Equal(40L, await CatalogAsync<long>("select count(distinct database_name) from catalog.tenants"));
        Assert.Equal(0L, await CatalogAsync<long>("select count(*) from catalog.spare_databases"));
        foreach (CreatedTenant tenant in created)
        {
            TenantPlacement placement = await _freehold.PlacementAsync(tenant.Tenant);
            Assert.Equal(placement.Database, await _freehold.ScalarAsync<string>(placement, "select current_database()::text"));
        }
    }

    [ServerFact]
    public async Task Creation_under_a_name_that_is_taken_uses_no_database()
    {
        ServiceProvider host = Host(size: 2);
        await FillAsync(host);
        CreatedTenant first = await CreateAsync(host, TimeSpan.Zero);

        await Assert.ThrowsAsync<TenantAlreadyExistsException>(
            () => host.GetRequiredService<CreateTenant>().RunAsync(new NewTenant(first.Tenant.Value), Caller.Admin(), TimeSpan.Zero, default));

        Assert.Equal(1L, await CatalogAsync<long>("select count(*) from catalog.spare_databases where state = 'ready'"));
    }

    [ServerFact]
    public async Task Fill_that_was_killed_after_any_step_is_finished_under_the_same_names()
    {
        for (int stepsDone = 0; stepsDone <= 2; stepsDone++)
        {
            ServiceProvider host = Host(size: 1);
            SpareDatabase spare = (await host.GetRequiredService<WarmPool>().TakeNextAsync(host.GetRequiredService<PostgresProvider>(), isForNew: true, default))!;
            TenantDatabase database = new(
                spare.Database, spare.Role, host.GetRequiredService<CredentialCipher>().Open(spare.Uid, spare.EncryptedPassword));
            PostgresProvider provider = host.GetRequiredService<PostgresProvider>();
            if (stepsDone > 0)
            {
                await provider.CreateDatabaseAsync(database, new DatabaseTerms(default, null), default);
            }

            if (stepsDone > 1)
            {
                await provider.OpenDatabaseAsync(database, default);
            }

            await FillAsync(host);
            Assert.Equal("making", await CatalogAsync<string>("select state from catalog.spare_databases"));
            await CatalogAsync("update catalog.spare_databases set lease_until = now() - interval '1 second'");
            await FillAsync(host);

            CreatedTenant created = await CreateAsync(host, TimeSpan.Zero);
            TenantPlacement tenant = await _freehold.PlacementAsync(created.Tenant);
            Assert.Equal((spare.Uid, spare.Database), (tenant.Uid, tenant.Database));
            Assert.Equal(0L, await _freehold.ScalarAsync<long>(tenant, "select count(*) from documents"));
        }
    }

    [ServerFact]
    public async Task Copies_of_another_template_are_replaced_and_those_of_a_newer_schema_left_alone()
    {
        ServiceProvider host = Host(size: 2);
        await FillAsync(host);
        string[] databases = await NamesAsync("select database_name from catalog.spare_databases order by created_at");
        await CatalogAsync($"update catalog.spare_databases set template = 'another' where database_name = '{databases[0]}'");
        await CatalogAsync($"update catalog.spare_databases set template = 'newer', schema_version = 9999 where database_name = '{databases[1]}'");
        Assert.False((await CreateAsync(host, TimeSpan.Zero)).Active);

        await FillAsync(host);

        string[] after = await NamesAsync("select database_name from catalog.spare_databases where state = 'ready' order by created_at");
        Assert.Equal(3, after.Length);
        Assert.DoesNotContain(databases[0], after);
        Assert.Contains(databases[1], after);
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_database where datname = '{databases[0]}'"));
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{databases[0]}'"));
    }

    [ServerFact]
    public async Task Pool_that_is_turned_off_is_emptied_and_tenants_are_made_on_the_spot()
    {
        await FillAsync(Host(size: 2));
        ServiceProvider off = Host(size: 0);

        await FillAsync(off);
        Assert.Equal(0L, await CatalogAsync<long>("select count(*) from catalog.spare_databases"));

        CreatedTenant created = await CreateAsync(off, TimeSpan.Zero);
        Assert.False(created.Active);
        Assert.Equal(TenantState.Provisioning, (await _freehold.PlacementAsync(created.Tenant)).State);
        await off.GetRequiredService<RunOperation>().RunAsync(created.Operation, default);
        Assert.Equal(TenantState.Active, (await _freehold.PlacementAsync(created.Tenant)).State);
    }

    [ServerFact]
    public async Task Server_that_is_away_ends_the_turn_quietly_and_the_next_one_goes_on()
    {
        ServiceProvider host = Host(size: 1);
        ServiceProvider broken = Host(1, new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Options = "-c default_transaction_read_only=on" }.ConnectionString);

        await FillAsync(broken);
        Assert.Equal("making", await CatalogAsync<string>("select state from catalog.spare_databases"));
        await FillAsync(host);

        Assert.True((await CreateAsync(host, TimeSpan.Zero)).Active);
    }

    private ServiceProvider Host(int size, string? server = null)
    {
        ServiceProvider host = _freehold.Build(new()
        {
            ["Provisioning:WarmPool:Size"] = $"{size}",
            ["Provisioning:Postgres:ConnectionString"] = server ?? TestServers.Postgres,
        });
        _hosts.Add(host);
        return host;
    }

    private static Task FillAsync(ServiceProvider host) => host.GetRequiredService<FillWarmPool>().RunAsync(default);

    private static Task<CreatedTenant> CreateAsync(ServiceProvider host, TimeSpan wait) =>
        host.GetRequiredService<CreateTenant>().RunAsync(new NewTenant(NewName()), Caller.Admin(), wait, default);

    private static string NewName() => "s" + Guid.NewGuid().ToString("N")[..16];

    private async Task CatalogAsync(string sql)
    {
        await using NpgsqlCommand command = _freehold.Get<CatalogDatabase>().Command(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> CatalogAsync<T>(string sql)
    {
        await using NpgsqlCommand command = _freehold.Get<CatalogDatabase>().Command(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task<string[]> NamesAsync(string sql) => await CatalogAsync<string[]>($"select array({sql})");
}
