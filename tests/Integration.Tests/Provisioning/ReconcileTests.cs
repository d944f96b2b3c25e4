using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Provisioning.Spares;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>Each test has a catalog of its own, since what nobody owns is counted over the whole of it.</summary>
public sealed class ReconcileTests : IAsyncLifetime
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
    public async Task Database_that_nobody_owns_is_removed_after_two_sightings_and_the_grace_and_that_is_audited()
    {
        TenantDatabase orphan = await MakeOrphanAsync();

        ReconciliationReport first = await ReconcileAsync(Host());
        Assert.Equal([("database", 1), ("role", 1)], first.Orphans.Select(seen => (seen.Kind, seen.Sightings)));
        ReconciliationReport early = await ReconcileAsync(Host());
        Assert.Equal([2, 2], early.Orphans.Select(seen => seen.Sightings));
        Assert.Empty(early.Removed);
        Assert.Equal((1L, 1L), await CountOnServerAsync(orphan));

        ReconciliationReport late = await ReconcileAsync(Host(hoursLater: 48));

        Assert.Equal(["database", "role"], late.Removed.Select(removed => removed.Kind));
        Assert.Equal((0L, 0L), await CountOnServerAsync(orphan));
        Assert.Equal(0L, await CatalogAsync<long>("select count(*) from catalog.orphans"));
        Assert.Equal(
            [$"database {orphan.Name}", $"role {orphan.Role}"],
            await CatalogAsync<string[]>("select array(select details ->> 'reason' from catalog.audit where action = 'orphan-removed' order by id)"));
        Assert.Equal(late.Removed, (await Host().GetRequiredService<DescribeFleet>().RunAsync(default)).LastReconciliation!.Removed);
    }

    [ServerFact]
    public async Task Grace_that_is_over_removes_nothing_at_first_sight()
    {
        TenantDatabase orphan = await MakeOrphanAsync();

        ReconciliationReport report = await ReconcileAsync(Host(new() { ["Provisioning:Reconciliation:Grace"] = "00:00:00" }));

        Assert.Equal(2, report.OrphanCount);
        Assert.Equal((1L, 1L), await CountOnServerAsync(orphan));
    }

    [ServerFact]
    public async Task What_is_owned_again_is_forgotten()
    {
        TenantDatabase orphan = await MakeOrphanAsync();
        await ReconcileAsync(Host());
        TenantPlacement tenant = await _freehold.ProvisionAsync();
        await CatalogAsync($"insert into catalog.database_roles (name, tenant_uid, purpose, created_at) values ('{orphan.Role}', '{tenant.Uid}', 'own', now())");
        await CatalogAsync($"update catalog.tenants set database_name = '{orphan.Name}' where uid = '{tenant.Uid}'");

        ReconciliationReport report = await ReconcileAsync(Host(hoursLater: 48));

        // The tenant's former database is what nobody owns now.
        Assert.Equal([("database", tenant.Database)], report.Orphans.Select(seen => (seen.Kind, (string?)seen.Name)));
        Assert.Equal((1L, 1L), await CountOnServerAsync(orphan));
    }

    [ServerFact]
    public async Task Tenants_spares_and_further_roles_are_never_touched()
    {
        ServiceProvider host = Host(new() { ["Provisioning:WarmPool:Size"] = "2" });
        TenantPlacement active = await _freehold.ProvisionAsync();
        CreatedTenant unfinished = await _freehold.Get<CreateTenant>().RunAsync(new NewTenant(NewName()), Caller.Admin(), TimeSpan.Zero, default);
        TenantPlacement placement = await _freehold.PlacementAsync(unfinished.Tenant);
        TenantDatabase half = new(placement.Database!, placement.Role!, "unused");
        await host.GetRequiredService<PostgresProvider>().CreateDatabaseAsync(half, new DatabaseTerms(default, null), default);
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);
        SpareDatabase making = (await Host(new() { ["Provisioning:WarmPool:Size"] = "3" }).GetRequiredService<WarmPool>()
            .TakeNextAsync(_freehold.Get<PostgresProvider>(), isForNew: true, default))!;
        await host.GetRequiredService<PostgresProvider>().CreateDatabaseAsync(new TenantDatabase(making.Database, making.Role, "unused"), new DatabaseTerms(default, null), default);
        TenantDatabase own = TenantDatabase.Choose(await _freehold.Get<InstallationMark>().FindAsync(default));
        await FreeholdFixture.ExecuteAsync($"create role {own.Role}");
        await CatalogAsync($"insert into catalog.database_roles (name, tenant_uid, purpose, created_at) values ('{own.Role}', '{active.Uid}', 'own', now())");

        foreach (int hours in (int[])[0, 48, 96])
        {
            ReconciliationReport report = await ReconcileAsync(Host(hoursLater: hours));
            Assert.Equal((true, 0, 0), (report.Complete, report.OrphanCount, report.DriftCount));
        }

        DatabaseInventory there = await _freehold.ListAsync(host.GetRequiredService<PostgresProvider>());
        Assert.Equal(5, there.Databases.Count);
        Assert.Contains(own.Role, there.Roles);
        Assert.Equal(0L, await _freehold.ScalarAsync<long>(active, "select count(*) from documents"));
    }

    [ServerFact]
    public async Task Databases_of_another_installation_on_the_server_are_not_seen()
    {
        TenantDatabase others = TenantDatabase.Choose("00000000");
        await FreeholdFixture.ExecuteAsync($"create database {others.Name}");
        try
        {
            foreach (int hours in (int[])[0, 48, 96])
            {
                Assert.Equal(0, (await ReconcileAsync(Host(hoursLater: hours))).OrphanCount);
            }

            Assert.Equal(1L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_database where datname = '{others.Name}'"));
        }
        finally
        {
            await FreeholdFixture.ExecuteAsync($"drop database {others.Name}");
        }
    }

    [ServerFact]
    public async Task Listing_that_fails_counts_and_removes_nothing_of_its_kind()
    {
        TenantDatabase orphan = await MakeOrphanAsync();
        TenantPlacement erased = await EraseAndDropBlobAsync();
        await ReconcileAsync(Host());
        string serverAway = new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Port = 1, Timeout = 2 }.ConnectionString;

        ReconciliationReport noServer = await ReconcileAsync(Host(new() { ["Provisioning:Postgres:ConnectionString"] = serverAway }, hoursLater: 48));
        Assert.False(noServer.Complete);
        Assert.Equal(["database", "role"], noServer.Unlisted);
        Assert.Equal(["blobs"], noServer.Removed.Select(removed => removed.Kind));
        Assert.Equal(2L, await CatalogAsync<long>("select count(*) from catalog.orphans where sightings = 1"));

        await _freehold.WriteBlobAsync(erased, "again.txt", "Dropped again.");
        string storageAway = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a;";
        ReconciliationReport noStorage = await ReconcileAsync(Host(new() { ["Storage"] = storageAway }, hoursLater: 48));
        Assert.Equal(["blobs"], noStorage.Unlisted);
        Assert.Equal(["database", "role"], noStorage.Removed.Select(removed => removed.Kind));
        Assert.Equal((0L, 0L), await CountOnServerAsync(orphan));
    }

    [ServerFact]
    public async Task More_than_may_be_removed_at_once_leaves_everything()
    {
        TenantDatabase[] orphans = [await MakeOrphanAsync(), await MakeOrphanAsync()];
        ServiceProvider host = Host(new() { ["Provisioning:Reconciliation:MaxRemovals"] = "3" });
        await ReconcileAsync(host);

        ReconciliationReport report = await ReconcileAsync(
            Host(new() { ["Provisioning:Reconciliation:MaxRemovals"] = "3" }, hoursLater: 48));

        Assert.True(report.TooMany);
        Assert.Equal(4, report.OrphanCount);
        Assert.Empty(report.Removed);
        Assert.Equal((1L, 1L), await CountOnServerAsync(orphans[0]));
    }

    [ServerFact]
    public async Task Blobs_of_a_deleted_tenant_go_and_folders_that_were_never_a_tenants_stay()
    {
        TenantPlacement erased = await EraseAndDropBlobAsync();
        TenantPlacement living = await _freehold.ProvisionAsync();
        await _freehold.WriteBlobAsync(living, "here.txt", "Of a living tenant.");
        TenantId nobody = TenantId.Parse(NewName());
        await _freehold.WriteBlobAsync(living with { Id = nobody }, "who.txt", "Whose is this?");

        ReconciliationReport first = await ReconcileAsync(Host());
        Assert.Equal([("blobs", erased.Id.Value)], first.Orphans.Select(orphan => (orphan.Kind, orphan.Name)));

        // Other tests' folders in the same account are unknown here, too.
        Assert.True(first.UnknownCount > 0);
        ReconciliationReport late = await ReconcileAsync(Host(hoursLater: 48));

        Assert.Equal([erased.Id.Value], late.Removed.Select(removed => removed.Name));
        DocumentBlobs blobs = _freehold.Get<DocumentBlobs>();
        Assert.Null(await blobs.FindAsync(erased.Id, DocumentPath.Parse("late.txt"), default));
        Assert.NotNull(await blobs.FindAsync(living.Id, DocumentPath.Parse("here.txt"), default));
        Assert.NotNull(await blobs.FindAsync(nobody, DocumentPath.Parse("who.txt"), default));
    }

    [ServerFact]
    public async Task Blobs_that_are_newer_than_the_grace_stay_whatever_was_seen_before()
    {
        TenantPlacement erased = await EraseAndDropBlobAsync();
        await ReconcileAsync(Host());
        await CatalogAsync("update catalog.orphans set first_seen_at = first_seen_at - interval '2 days'");

        ReconciliationReport report = await ReconcileAsync(Host());

        Assert.Empty(report.Removed);
        Assert.NotNull(await _freehold.Get<DocumentBlobs>().FindAsync(erased.Id, DocumentPath.Parse("late.txt"), default));
    }

    [ServerFact]
    public async Task Tenant_without_its_database_is_reported_and_a_spare_without_one_is_replaced()
    {
        ServiceProvider host = Host(new() { ["Provisioning:WarmPool:Size"] = "1" });
        TenantPlacement tenant = await _freehold.ProvisionAsync();
        TenantPlacement whole = await _freehold.ProvisionAsync();
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);
        string spare = await CatalogAsync<string>("select database_name from catalog.spare_databases");
        await FreeholdFixture.ExecuteAsync($"drop database {tenant.Database} with (force)");
        await FreeholdFixture.ExecuteAsync($"drop database {spare} with (force)");

        ReconciliationReport report = await ReconcileAsync(host);
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);

        Assert.Equal(
            [(tenant.Id.Value, "database"), (null, "database")],
            report.Drift.Select(drift => (drift.Tenant, drift.Missing)));
        Assert.Equal(TenantState.Active, (await _freehold.PlacementAsync(tenant.Id)).State);
        Assert.NotEqual(spare, await CatalogAsync<string>("select database_name from catalog.spare_databases where state = 'ready'"));
        Assert.Equal(0L, await _freehold.ScalarAsync<long>(whole, "select count(*) from documents"));
    }

    [ServerFact]
    public async Task Role_that_may_still_enter_a_living_database_can_be_removed()
    {
        TenantPlacement tenant = await _freehold.ProvisionAsync();
        string role = TenantDatabase.Choose(await _freehold.Get<InstallationMark>().FindAsync(default)).Role;
        await FreeholdFixture.ExecuteAsync($"create role {role}");
        await FreeholdFixture.ExecuteAsync($"grant connect on database {tenant.Database} to {role}");
        await ReconcileAsync(Host());

        ReconciliationReport report = await ReconcileAsync(Host(hoursLater: 48));

        Assert.Equal([role], report.Removed.Select(removed => removed.Name));
        Assert.Equal(0L, await _freehold.ScalarAsync<long>(tenant, "select count(*) from documents"));
    }

    [ServerFact]
    public async Task Only_one_reconciliation_runs_at_a_time()
    {
        ReconciliationReport?[] reports = await Task.WhenAll(Enumerable.Range(0, 4).Select(
            _ => Task.Run(() => Host().GetRequiredService<Reconcile>().RunAsync(default))));

        Assert.Contains(reports, report => report is not null);
        Assert.Equal((long)reports.Count(report => report is not null), await CatalogAsync<long>("select count(*) from catalog.reconciliations"));
    }

    private ServiceProvider Host(Dictionary<string, string?>? settings = null, int hoursLater = 0)
    {
        ServiceProvider host = _freehold.Build(
            settings ?? [], services => services.AddSingleton<TimeProvider>(new LaterTime(TimeSpan.FromHours(hoursLater))));
        lock (_hosts)
        {
            _hosts.Add(host);
        }

        return host;
    }

    private static async Task<ReconciliationReport> ReconcileAsync(ServiceProvider host) =>
        (await host.GetRequiredService<Reconcile>().RunAsync(default))!;

    /// <summary>A database and a role of this installation that no row names.</summary>
    private async Task<TenantDatabase> MakeOrphanAsync()
    {
        TenantDatabase orphan = TenantDatabase.Choose(await _freehold.Get<InstallationMark>().FindAsync(default));
        await _freehold.Get<PostgresProvider>().CreateDatabaseAsync(orphan, new DatabaseTerms(default, null), default);
        await _freehold.Get<PostgresProvider>().OpenDatabaseAsync(orphan, default);
        return orphan;
    }

    /// <summary>A tenant that is erased, and into whose folder somebody has written since.</summary>
    private async Task<TenantPlacement> EraseAndDropBlobAsync()
    {
        TenantPlacement tenant = await _freehold.ProvisionAsync();
        await _freehold.EraseAsync(tenant.Id);
        await _freehold.WriteBlobAsync(tenant, "late.txt", "Came too late.");
        return tenant;
    }

    private static async Task<(long Databases, long Roles)> CountOnServerAsync(TenantDatabase database) => (
        await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_database where datname = '{database.Name}'"),
        await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{database.Role}'"));

    private static string NewName() => "r" + Guid.NewGuid().ToString("N")[..16];

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

    private sealed class LaterTime(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + later;
    }
}
