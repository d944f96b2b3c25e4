using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Messaging;
using Freehold.Migration;
using Freehold.Provisioning;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.ModelChange;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Integration.Tests.Regions;

/// <summary>Hosts of two regions at one catalog: who carries out what.</summary>
public sealed class RegionsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>, IAsyncLifetime
{
    private readonly string _work = $"freehold_work_{Guid.NewGuid():N}";
    private ServiceProvider? _west;
    private ServiceProvider? _east;

    public async Task InitializeAsync()
    {
        if (TestServers.Missing is null)
        {
            _west = Build("west", []);
            _east = Build("east", new() { ["WorkStore:ConnectionString"] = new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Database = _work }.ConnectionString });
            await FreeholdFixture.Get<CatalogMigration>(_east).MigrateAsync(default);
        }
    }

    public async Task DisposeAsync()
    {
        if (_west is not null)
        {
            await _west.DisposeAsync();
            await _east!.DisposeAsync();
            await FreeholdFixture.ExecuteAsync($"drop database {_work} with (force)");
        }
    }

    [ServerFact]
    public async Task Tenant_of_another_region_is_made_and_changed_by_that_regions_host_and_its_caller_is_told_where_he_asked()
    {
        Caller caller = Caller.Queue(null, Queues.TenantReplies);
        CreatedTenant created = await Get<CreateTenant>(_west).RunAsync(New("east"), caller, TimeSpan.Zero, default);
        Assert.False(created.Active);
        await Get<RunOperation>(_west).RunAsync(created.Operation, default);
        Assert.DoesNotContain(created.Operation, await Get<ResumeOperations>(_west).RunAsync(default));
        Assert.Equal(TenantState.Provisioning, (await freehold.PlacementAsync(created.Tenant)).State);

        Assert.Contains(created.Operation, await Get<ResumeOperations>(_east).RunAsync(default));
        await Get<RunOperation>(_east).RunAsync(created.Operation, default);

        TenantPlacement tenant = await freehold.PlacementAsync(created.Tenant);
        Assert.Equal((TenantState.Active, "east", (int?)new NpgsqlConnectionStringBuilder(TestServers.Postgres).Port), (tenant.State, tenant.Region, tenant.Port));
        Assert.Empty(await Get<TellOutcome>(_east).RunAsync(created.Operation, default));
        Assert.Single(await Get<TellOutcome>(_west).RunAsync(created.Operation, default));

        Task<StartedOperation> suspension = Get<ChangeTenant>(_west).RunAsync(
            tenant.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.FromSeconds(20), default);
        await FreeholdFixture.EventuallyAsync(async () =>
        {
            foreach (Guid operation in await Get<ResumeOperations>(_east).RunAsync(default))
            {
                await Get<RunOperation>(_east).RunAsync(operation, default);
            }

            return suspension.IsCompleted;
        });
        Assert.True((await suspension).Done);
        Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select datallowconn from pg_database where datname = '{tenant.Database}'"));
    }

    [ServerFact]
    public async Task Half_made_tenant_of_another_region_keeps_the_names_that_were_chosen_first()
    {
        CreatedTenant created = await Get<CreateTenant>(_west).RunAsync(New("east"), Caller.Admin(), TimeSpan.Zero, default);
        await using ServiceProvider without = Build("east", new()
        {
            ["Provisioning:Postgres:ConnectionString"] =
                new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Timeout = 2, Password = "wrong" }.ConnectionString,
            ["Provisioning:FirstBackoff"] = "00:00:00.01",
        });
        await Get<RunOperation>(without).RunAsync(created.Operation, default);
        string? chosen = (await freehold.PlacementAsync(created.Tenant)).Database;
        Assert.NotNull(chosen);

        await FreeholdFixture.EventuallyAsync(async () =>
        {
            await Get<RunOperation>(_east).RunAsync(created.Operation, default);
            return (await freehold.PlacementAsync(created.Tenant)).State == TenantState.Active;
        });
        Assert.Equal(chosen, (await freehold.PlacementAsync(created.Tenant)).Database);
    }

    [ServerFact]
    public async Task Documents_of_another_regions_tenant_are_nobodys_here()
    {
        TenantPlacement tenant = await ProvisionAsync(_east!, "east");
        DocumentPath path = DocumentPath.Parse("a.txt");
        BlobVersion version = await Get<DocumentBlobs>(_west).UploadAsync(tenant.Id, path, new MemoryStream("Text."u8.ToArray()), new BlobUpload("text/plain"), default);

        Assert.Null(await Get<FindDocument>(_west).ByBlobAsync($"{tenant.Id}/a.txt", default));
        Assert.Null(await Get<FindDocument>(_west).ByUidAsync(tenant.Uid, "a.txt", default));
        Assert.NotNull(await Get<FindDocument>(_east).ByBlobAsync($"{tenant.Id}/a.txt", default));

        // Whatever has come into the wrong work store all the same waits there for ever.
        await Get<Notes>(_west).NoteUnwokenAsync(tenant.Uid, path, version, default);
        WakeUps woken = await Get<ResumeDocuments>(_west).RunAsync(default);
        Assert.DoesNotContain(DocumentChanged.For(tenant.Uid, "a.txt"), woken.Documents);
        await Get<Manifest>(_west).ForgetTenantAsync(tenant.Uid, default);
    }

    [ServerFact]
    public async Task What_only_a_regions_servers_know_is_asked_there()
    {
        TenantPlacement tenant = await ProvisionAsync(_east!, "east");
        foreach (Func<Task> ask in (Func<Task>[])
        [
            () => Get<TenantCredentials>(_west).IssueAsync(tenant.Id, default),
            () => Get<TenantCredentials>(_west).RevokeAsync(tenant.Id, default),
            () => Get<ReadUsage>(_west).RunAsync(tenant.Id, null, null, default),
            () => Get<EstimateModelChange>(_west).RunAsync(tenant.Id, null, default),
            () => Get<ChangeTenant>(_west).RunAsync(
                tenant.Id, TenantChange.ChangeModel("lexical-384"), Caller.Admin(), TimeSpan.Zero, default),
            () => Get<FailedDocuments>(_west).ListAsync(new FailedDocumentQuery(tenant.Id, null, FailedDocumentPlace.Parse(null), 10), default),
        ])
        {
            MisdirectedRegionException refusal = await Assert.ThrowsAsync<MisdirectedRegionException>(ask);
            Assert.Equal(("east", "https://east.example/api"), (refusal.Region, $"{refusal.Address}"));
        }

        await Get<TenantCredentials>(_east).IssueAsync(tenant.Id, default);
    }

    [ServerFact]
    public async Task Orphans_are_counted_in_each_region_by_itself()
    {
        OrphanBook west = Get<OrphanBook>(_west);
        OrphanBook east = Get<OrphanBook>(_east);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        await west.CountFoldersAsync(["one"], now, default);
        await east.CountFoldersAsync(["one"], now, default);
        Assert.Equal(1, (await east.ReadAsync(now, 10, default)).Single().Sightings);

        await east.CountFoldersAsync([], now + TimeSpan.FromMinutes(1), default);
        await west.CountFoldersAsync(["one"], now, default);
        Assert.Equal((1, 0), (await west.CountAsync(now, default), await east.CountAsync(now, default)));
        Assert.Equal(2, (await west.ReadAsync(now, 10, default)).Single().Sightings);
    }

    [ServerFact]
    public async Task Roles_and_databases_of_another_region_are_left_to_it()
    {
        TenantPlacement tenant = await ProvisionAsync(_east!, "east");
        await Get<TenantCredentials>(_east).IssueAsync(tenant.Id, default);
        await ExecuteAsync($"update catalog.database_roles set retire_at = now() where tenant_uid = '{tenant.Uid}'");
        await ExecuteAsync($"update catalog.tenants set schema_version = 1 where uid = '{tenant.Uid}'");

        await Get<RetireRoles>(_west).RunAsync(default);
        await Get<MigrateTenants>(_west).RunAsync(default);
        Assert.Single(await Get<TenantCredentials>(_east).ListAsync(tenant.Id, default));
        Assert.Equal(1, (await freehold.PlacementAsync(tenant.Id)).SchemaVersion);

        await Get<RetireRoles>(_east).RunAsync(default);
        await Get<MigrateTenants>(_east).RunAsync(default);
        Assert.Empty(await Get<TenantCredentials>(_east).ListAsync(tenant.Id, default));
        Assert.True((await freehold.PlacementAsync(tenant.Id)).SchemaVersion > 1);
    }

    [ServerTheory]
    [InlineData("south", "https://south.example", "south")]
    [InlineData("west", "https://west.example", "south")]
    [InlineData("west", "ftp://west.example", "west")]
    [InlineData("east", "https://west.example", "west")]
    public async Task Host_whose_settings_name_no_region_or_address_does_not_start(string region, string address, string defaultRegion)
    {
        await using ServiceProvider host = freehold.Build(new()
        {
            ["Region"] = region,
            ["Tenants:DefaultRegion"] = defaultRegion,
            ["Regions:0:Name"] = "west",
            ["Regions:0:Address"] = address,
        });
        Assert.Throws<OptionsValidationException>(() => host.GetRequiredService<Freehold.Tenants.Regions>());
    }

    private ServiceProvider Build(string region, Dictionary<string, string?> settings) => freehold.Build(new(settings)
    {
        ["Region"] = region,
        ["Tenants:DefaultRegion"] = "west",
        ["Regions:0:Name"] = "west",
        ["Regions:0:Address"] = "https://west.example/api",
        ["Regions:1:Name"] = "east",
        ["Regions:1:Address"] = "https://east.example/api",
    });

    private static T Get<T>(ServiceProvider? host)
        where T : notnull => FreeholdFixture.Get<T>(host!);

    private static NewTenant New(string region) => new($"t{Guid.NewGuid():N}"[..16], Region: region, Plan: "enterprise");

    private async Task<TenantPlacement> ProvisionAsync(ServiceProvider host, string region)
    {
        CreatedTenant created = await Get<CreateTenant>(host).RunAsync(New(region), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.True(created.Active);
        return await freehold.PlacementAsync(created.Tenant);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        await command.ExecuteNonQueryAsync();
    }
}
