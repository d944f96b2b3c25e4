using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

public sealed class CredentialTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Own_credentials_read_the_own_database_and_nothing_else()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement neighbour = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
        TenantCredential credential = await IssueAsync(tenant);

        Assert.Equal("Walnuts.", await AskAsync(credential, "select content from texts"));
        Assert.Equal("42501", (await RefusedAsync(credential, "set transaction read write; delete from documents")).SqlState);
        Assert.Equal("42501", (await RefusedAsync(credential, "set transaction read write; create table mine (x int)")).SqlState);
        Assert.Equal("42501", (await RefusedAsync(credential, "set transaction read write; create temp table mine (x int)")).SqlState);
        Assert.Equal("42501", (await RefusedAsync(credential, "set transaction read write; select lo_from_bytea(0, '\\x00')")).SqlState);
        Assert.Equal("42501", (await RefusedAsync(credential, "select rolpassword from pg_authid")).SqlState);
        Assert.Equal("42501", (await RefusedAsync(credential, $"set role {tenant.Role}")).SqlState);
        foreach (string other in (string[])[neighbour.Database!, "postgres", "template1", freehold.CatalogDatabaseName])
        {
            Assert.Equal("42501", (await RefusedAsync(credential, "select 1", other)).SqlState);
        }

        // What PostgreSQL lets any role list says nothing: no tenant's name, no statement of a neighbour.
        string listed = (string)(await AskAsync(
            credential,
            """
            select concat((select string_agg(datname, ' ') from pg_database), (select string_agg(rolname, ' ') from pg_roles),
                (select string_agg(concat(query, application_name, client_addr), ' ') from pg_stat_activity where usename <> current_user))
            """))!;
        Assert.DoesNotContain(neighbour.Id.Value, listed, StringComparison.Ordinal);
        Assert.DoesNotContain("select", listed.Replace("<insufficient privilege>", string.Empty, StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
    }

    [ServerFact]
    public async Task Issued_again_both_credentials_are_good_until_the_overlap_is_over()
    {
        await using var host = freehold.Build(new() { ["Provisioning:CredentialOverlap"] = "00:00:01" });
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantCredentials credentials = FreeholdFixture.Get<TenantCredentials>(host);
        TenantCredential first = await credentials.IssueAsync(tenant.Id, default);
        TenantCredential second = await credentials.IssueAsync(tenant.Id, default);

        Assert.Equal(1, await AskAsync(first, "select 1"));
        Assert.Equal(1, await AskAsync(second, "select 1"));
        await freehold.Get<RetireRoles>().RunAsync(default);
        Assert.Equal(1, await AskAsync(first, "select 1"));

        await Task.Delay(1100);
        await freehold.Get<RetireRoles>().RunAsync(default);

        Assert.Equal("28P01", (await RefusedAsync(first, "select 1")).SqlState);
        Assert.Equal(1, await AskAsync(second, "select 1"));
        TenantCredential left = Assert.Single(await credentials.ListAsync(tenant.Id, default));
        Assert.Equal((second.Role, null), (left.Role, left.Uri));
    }

    [ServerFact]
    public async Task Revoked_credentials_are_sent_away_at_once()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantCredential credential = await IssueAsync(tenant);
        await using NpgsqlConnection inside = new(ConnectionString(credential));
        await inside.OpenAsync();

        await freehold.Get<TenantCredentials>().RevokeAsync(tenant.Id, default);

        await using NpgsqlCommand still = new("select 1", inside);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => still.ExecuteScalarAsync());
        Assert.Equal("28P01", (await RefusedAsync(credential, "select 1")).SqlState);
        Assert.Empty(await freehold.Get<TenantCredentials>().ListAsync(tenant.Id, default));
    }

    [ServerFact]
    public async Task What_a_role_managed_to_own_keeps_neither_it_nor_its_tenant_nor_others_roles_in_being()
    {
        await using var host = freehold.Build(new() { ["Provisioning:CredentialOverlap"] = "00:00:00.01" });
        TenantCredentials credentials = FreeholdFixture.Get<TenantCredentials>(host);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement neighbour = await freehold.ProvisionAsync();
        TenantCredential replaced = await credentials.IssueAsync(tenant.Id, default);
        await AskAsync(replaced, "set transaction read write; alter default privileges grant select on tables to public");
        TenantCredential kept = await credentials.IssueAsync(tenant.Id, default);
        await AskAsync(kept, "set transaction read write; alter default privileges grant select on tables to public");
        TenantCredential neighbours = await credentials.IssueAsync(neighbour.Id, default);
        await credentials.IssueAsync(neighbour.Id, default);
        await Task.Delay(50);

        await FreeholdFixture.Get<RetireRoles>(host).RunAsync(default);
        foreach (TenantCredential gone in (TenantCredential[])[replaced, neighbours])
        {
            Assert.Equal("28P01", (await RefusedAsync(gone, "select 1")).SqlState);
        }

        await freehold.EraseAsync(tenant.Id);
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{kept.Role}'"));
        Assert.Null(await freehold.Get<TenantCatalog>().FindAsync(tenant.Id, default));
    }

    [ServerFact]
    public async Task Suspended_and_deleted_tenants_own_credentials_open_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantCredential credential = await IssueAsync(tenant);
        await RunAsync(tenant, TenantChange.Suspend);
        Assert.Equal("55000", (await RefusedAsync(credential, "select 1")).SqlState);
        await Assert.ThrowsAsync<TenantNotReadyException>(() => IssueAsync(tenant));

        await freehold.EraseAsync(tenant.Id);

        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{credential.Role}'"));
    }

    [ServerFact]
    public async Task Rotation_under_load_fails_no_request_and_the_former_role_goes()
    {
        await using var host = freehold.Build(new()
        {
            ["Provisioning:CredentialOverlap"] = "00:00:01",
            ["Tenants:KeyCacheLifetime"] = "00:00:00.5",
        });
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
        using CancellationTokenSource enough = new();
        Task<int>[] load = [.. Enumerable.Range(0, 4).Select(_ => SearchUntilAsync(host, tenant, enough.Token))];

        for (int round = 0; round < 3; round++)
        {
            await RunAsync(tenant, TenantChange.RotateCredentials, host);
            await Task.Delay(1200);
            await FreeholdFixture.Get<RetireRoles>(host).RunAsync(default);
        }

        await enough.CancelAsync();
        Assert.All(await Task.WhenAll(load), searches => Assert.True(searches > 50));
        Assert.NotEqual(tenant.Role, (await freehold.PlacementAsync(tenant.Id)).Role);
        Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>($"select count(*) from pg_roles where rolname = '{tenant.Role}'"));
        Assert.Equal(0L, await CatalogScalarAsync($"select count(*) from catalog.database_roles where tenant_uid = '{tenant.Uid}'"));
    }

    [ServerFact]
    public async Task Host_that_remembers_a_role_that_is_gone_asks_again()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using var host = freehold.Build(new() { ["Provisioning:CredentialOverlap"] = "00:00:00.01" });
        await RunAsync(tenant, TenantChange.RotateCredentials, host);
        await Task.Delay(50);
        await FreeholdFixture.Get<RetireRoles>(host).RunAsync(default);

        // The placement is the one from before.
        await using TenantConnection connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        Assert.NotNull(connection);
    }

    [ServerFact]
    public async Task Watch_closes_what_another_host_has_closed()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using var host = freehold.Build([]);
        TenantDataSources dataSources = FreeholdFixture.Get<TenantDataSources>(host);
        await (await dataSources.OpenAsync(tenant, WakeCause.Search, default)).DisposeAsync();
        Assert.Equal(1, dataSources.OpenConnections);
        TenantWatch watch = FreeholdFixture.Hosted<TenantWatch>(host);
        await watch.LookAsync(default);
        Assert.Equal(1, dataSources.OpenConnections);

        await freehold.Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.Zero, default);
        await watch.LookAsync(default);

        Assert.Equal(0, dataSources.OpenConnections);
    }

    [ServerFact]
    public async Task Keys_are_rotated_while_tenants_work_and_the_old_key_can_then_go()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Dictionary<string, string?> both = new()
        {
            ["Tenants:CredentialKeys:0:Id"] = "new",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray()),
            ["Tenants:CredentialKeys:1:Id"] = "test",
            ["Tenants:CredentialKeys:1:Key"] = Convert.ToBase64String(new byte[32]),
        };
        await using var host = freehold.Build(both);
        Guid operation = await FreeholdFixture.Get<RotateKeys>(host).StartAsync(Caller.Admin(), default);

        await FreeholdFixture.Get<RunOperation>(host).RunAsync(operation, default);

        Operation done = (await freehold.Get<OperationStore>().FindAsync(operation, default))!;
        Assert.Equal("done", done.State);
        Assert.True(done.Details!.Value.GetProperty("resealed").GetInt32() >= 1);
        await using var onlyNew = freehold.Build(new()
        {
            ["Tenants:CredentialKeys:0:Id"] = "new",
            ["Tenants:CredentialKeys:0:Key"] = both["Tenants:CredentialKeys:0:Key"],
        });
        TenantPlacement now = await freehold.PlacementAsync(tenant.Id);
        await (await FreeholdFixture.Get<TenantDataSources>(onlyNew).OpenAsync(now, WakeCause.Search, default)).DisposeAsync();

        // Back, for the other tests of this class.
        Guid back = await freehold.Get<RotateKeys>().StartAsync(Caller.Admin(), default);
        await using var former = freehold.Build(new()
        {
            ["Tenants:CredentialKeys:1:Id"] = "new",
            ["Tenants:CredentialKeys:1:Key"] = both["Tenants:CredentialKeys:0:Key"],
        });
        await FreeholdFixture.Get<RunOperation>(former).RunAsync(back, default);
        Assert.Equal("done", (await freehold.Get<OperationStore>().FindAsync(back, default))!.State);
    }

    private Task<TenantCredential> IssueAsync(TenantPlacement tenant) => freehold.Get<TenantCredentials>().IssueAsync(tenant.Id, default);

    private async Task RunAsync(TenantPlacement tenant, TenantChange change, IServiceProvider? host = null)
    {
        ChangeTenant changeTenant = host is null ? freehold.Get<ChangeTenant>() : FreeholdFixture.Get<ChangeTenant>(host);
        StartedOperation operation = await changeTenant.RunAsync(tenant.Id, change, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.True(operation.Done);
    }

    private static async Task<int> SearchUntilAsync(IServiceProvider host, TenantPlacement tenant, CancellationToken enough)
    {
        TenantDirectory directory = FreeholdFixture.Get<TenantDirectory>(host);
        TenantDataSources dataSources = FreeholdFixture.Get<TenantDataSources>(host);
        int searches = 0;
        while (!enough.IsCancellationRequested)
        {
            TenantPlacement placement = (await directory.FindAsync(tenant.Uid, default))!;
            await using TenantConnection connection = await dataSources.OpenAsync(placement, WakeCause.Search, default);
            await using NpgsqlCommand command = new("select count(*) from chunks", connection.Connection);
            Assert.Equal(1L, await command.ExecuteScalarAsync(CancellationToken.None));
            searches++;
            await Task.Delay(5, CancellationToken.None);
        }

        return searches;
    }

    private async Task<long> CatalogScalarAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static string ConnectionString(TenantCredential credential, string? database = null)
    {
        Uri uri = new(credential.Uri!);
        string[] user = uri.UserInfo.Split(':');
        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port,
            Username = user[0],
            Password = user[1],
            Database = database ?? uri.AbsolutePath[1..],
            Pooling = false,
        }.ConnectionString;
    }

    private static async Task<object?> AskAsync(TenantCredential credential, string sql, string? database = null)
    {
        await using NpgsqlConnection connection = new(ConnectionString(credential, database));
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static Task<PostgresException> RefusedAsync(TenantCredential credential, string sql, string? database = null) =>
        Assert.ThrowsAsync<PostgresException>(() => AskAsync(credential, sql, database));
}
