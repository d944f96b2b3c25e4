using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static Freehold.Integration.Tests.Provisioning.Providers.Entrance;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>What holds for every provider of tenants' databases.</summary>
public abstract class ProviderContract
{
    private string? _mark;

    /// <summary>A host that makes databases there.</summary>
    private protected abstract IServiceProvider Host { get; }

    /// <summary>Another one, which knows what is in the catalog and nothing else.</summary>
    private protected abstract ServiceProvider Restarted();

    [ServerFact]
    public async Task Database_is_made_once_however_often_it_is_asked_for()
    {
        IDatabaseProvider provider = Provider(Host);
        TenantDatabase database = await ChooseAsync();
        Guid uid = Guid.NewGuid();
        DatabaseAddress address = await provider.CreateDatabaseAsync(database, new DatabaseTerms(uid, "free"), default);

        // A host that was killed when it had made it starts again.
        await using ServiceProvider restarted = Restarted();
        Assert.Equal(address, await Provider(restarted).CreateDatabaseAsync(database, new DatabaseTerms(uid, "free"), default));

        Assert.Equal(1, (await ListAsync(provider)).Count(name => name == database.Name));
        Assert.Equal([database.Name], (await provider.FindAsync([database.Name, (await ChooseAsync()).Name], [], default)).Databases);
        if (provider.Address is { } known)
        {
            Assert.Equal(known, address);
        }

        await provider.RemoveAsync(database.Name, database.Role, default);
    }

    [ServerFact]
    public async Task New_database_has_the_newest_schema_and_its_role_reads_and_writes_rows_alone()
    {
        (TenantDatabase database, DatabaseAddress address) = await MakeAsync();
        IDatabaseProvider provider = Provider(Host);
        await using NpgsqlConnection owner = await provider.OpenAsOwnerAsync(database.Name, default);
        Assert.Equal(provider.SchemaVersion, await ScalarAsync<int>(owner, "select max(version) from schema_migrations"));
        Assert.Equal(provider.EmbeddingModel, await ScalarAsync<string>(owner, "select embedding_model from settings"));
        Assert.Equal(provider.SchemaVersion, await provider.MigrateAsync(database.Name, default));

        await using NpgsqlConnection role = await EnterAsync(address, database);
        Assert.Equal(0L, await ScalarAsync<long>(role, "select count(*) from documents"));
        Assert.Equal("42501", await RefusedAsync(role, "create table mine (id int)"));
        Assert.Equal("42501", await RefusedAsync(role, "drop table documents"));
        Assert.False(await ScalarAsync<bool>(
            role, "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication from pg_roles where rolname = current_user"));
        Assert.Equal(
            ["freehold_runtime"],
            await ScalarAsync<string[]>(role, "select array(select rolname::text from pg_roles where pg_has_role(current_user, oid, 'member') and rolname <> current_user)"));
    }

    [ServerFact]
    public async Task Database_lets_nobody_in_before_it_is_opened_to_its_role()
    {
        TenantDatabase database = await ChooseAsync();
        DatabaseAddress address = await Provider(Host).CreateDatabaseAsync(database, new DatabaseTerms(Guid.NewGuid(), null), default);
        await AssertTurnedAwayAsync(address, database);

        await Provider(Host).OpenDatabaseAsync(database, default);
        await Provider(Host).OpenDatabaseAsync(database, default);

        await using NpgsqlConnection role = await EnterAsync(address, database);
        await Provider(Host).RestAsync(database, default);
    }

    [ServerFact]
    public async Task Password_that_is_replaced_opens_nothing_any_more()
    {
        (TenantDatabase database, DatabaseAddress address) = await MakeAsync();
        TenantDatabase second = database with { Password = (await ChooseAsync()).Password };

        await Provider(Host).Roles.CreateRuntimeAsync(second, default);

        await AssertTurnedAwayAsync(address, database);
        await using NpgsqlConnection role = await EnterAsync(address, second);
    }

    [ServerFact]
    public async Task Role_of_the_tenants_own_reads_within_limits_until_it_is_dropped()
    {
        (TenantDatabase database, DatabaseAddress address) = await MakeAsync();
        IDatabaseProvider provider = Provider(Host);
        TenantDatabase own = TenantDatabase.ChooseRole(await MarkAsync(), database.Name);
        await provider.Roles.CreateOwnAsync(own, 2, default);

        Uri uri = new(await provider.UriOfAsync(own, default));
        Assert.Equal(($"/{database.Name}", $"{own.Role}:{own.Password}"), (uri.AbsolutePath, uri.UserInfo));
        await using (NpgsqlConnection reader = await EnterAsync(new DatabaseAddress(uri.Host, uri.Port), own))
        {
            Assert.Equal(0L, await ScalarAsync<long>(reader, "select count(*) from documents"));
            Assert.Equal("25006", await RefusedAsync(reader, "delete from documents"));
            await ExecuteAsync(reader, "set default_transaction_read_only = off");
            Assert.Equal("42501", await RefusedAsync(reader, "delete from documents"));
            Assert.NotEqual("0", await ScalarAsync<string>(reader, "show statement_timeout"));
            Assert.Equal(2, await ScalarAsync<int>(reader, "select rolconnlimit from pg_roles where rolname = current_user"));
            await provider.Roles.LimitAsync(database.Name, own.Role, 5, default);
            Assert.Equal(5, await ScalarAsync<int>(reader, "select rolconnlimit from pg_roles where rolname = current_user"));
        }

        await provider.Roles.DropAsync(database.Name, own.Role, default);
        await provider.Roles.DropAsync(database.Name, own.Role, default);
        await provider.Roles.LimitAsync(database.Name, own.Role, 5, default);

        await AssertTurnedAwayAsync(address, own);
        await using NpgsqlConnection serving = await EnterAsync(address, database);
    }

    [ServerFact]
    public async Task Closed_database_cuts_who_is_connected_and_lets_nobody_in_until_it_is_opened()
    {
        (TenantDatabase database, DatabaseAddress address) = await MakeAsync();
        IDatabaseProvider provider = Provider(Host);
        TenantDatabase own = TenantDatabase.ChooseRole(await MarkAsync(), database.Name);
        await provider.Roles.CreateOwnAsync(own, 2, default);
        await using NpgsqlConnection connected = await EnterAsync(address, own);

        await provider.CloseAccessAsync(database.Name, database.Role, default);
        await provider.CloseAccessAsync(database.Name, database.Role, default);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync<int>(connected, "select 1"));
        await AssertTurnedAwayAsync(address, database);
        await AssertTurnedAwayAsync(address, own);

        await provider.OpenAccessAsync(database.Name, default);
        await provider.OpenAccessAsync(database.Name, default);
        await using NpgsqlConnection role = await EnterAsync(address, database);
        await using NpgsqlConnection again = await EnterAsync(address, own);
    }

    [ServerFact]
    public async Task Removed_database_lets_nobody_in_and_removing_it_again_is_no_error()
    {
        (TenantDatabase database, DatabaseAddress address) = await MakeAsync();
        IDatabaseProvider provider = Provider(Host);
        TenantDatabase own = TenantDatabase.ChooseRole(await MarkAsync(), database.Name);
        await provider.Roles.CreateOwnAsync(own, 2, default);
        await using NpgsqlConnection connected = await EnterAsync(address, own);

        await provider.RemoveAsync(database.Name, database.Role, default);
        await provider.RemoveAsync(database.Name, database.Role, default);
        await provider.Roles.DropAsync(null, own.Role, default);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync<int>(connected, "select 1"));
        await AssertTurnedAwayAsync(address, database);
        await AssertTurnedAwayAsync(address, own);
        Assert.Empty((await provider.FindAsync([database.Name], [database.Role, own.Role], default)).Databases);
        Assert.DoesNotContain(database.Name, await ListAsync(provider));

        // Whoever comes late with a change of state finds nothing to do.
        await provider.CloseAccessAsync(database.Name, database.Role, default);
        await provider.OpenAccessAsync(database.Name, default);
        await provider.DropDatabaseAsync(database.Name, default);
    }

    [ServerFact]
    public async Task Role_of_one_database_enters_no_other()
    {
        (TenantDatabase mine, DatabaseAddress _) = await MakeAsync();
        (TenantDatabase others, DatabaseAddress address) = await MakeAsync();

        await AssertTurnedAwayAsync(address, mine with { Name = others.Name });
        await AssertTurnedAwayAsync(address, mine with { Name = "postgres" });
    }

    [ServerFact]
    public async Task Listing_has_this_installations_databases_and_no_others()
    {
        (TenantDatabase first, _) = await MakeAsync();
        (TenantDatabase second, _) = await MakeAsync();
        TenantDatabase others = TenantDatabase.Choose("00000000");
        await Provider(Host).CreateDatabaseAsync(others, new DatabaseTerms(Guid.NewGuid(), null), default);
        try
        {
            IReadOnlyList<string> listed = await ListAsync(Provider(Host));

            Assert.Contains(first.Name, listed);
            Assert.Contains(second.Name, listed);
            Assert.DoesNotContain(others.Name, listed);
        }
        finally
        {
            await Provider(Host).RemoveAsync(others.Name, others.Role, default);
        }
    }

    [ServerFact]
    public async Task Terms_of_a_plan_can_be_applied_at_any_time()
    {
        (TenantDatabase database, DatabaseAddress address) = await MakeAsync();

        await Provider(Host).ApplyTermsAsync(database.Name, new DatabaseTerms(Guid.NewGuid(), "standard"), default);
        await Provider(Host).ApplyTermsAsync(database.Name, new DatabaseTerms(Guid.NewGuid(), "none such"), default);

        await using NpgsqlConnection role = await EnterAsync(address, database);
    }

    [ServerFact]
    public void Certificate_says_what_the_provider_still_has()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        ProviderRecovery recovery = Provider(Host).RecoveryOf(now);
        Assert.Equal(Provider(Host).Name, recovery.Name);
        Assert.True(recovery.RecoverableUntil is null || recovery.RecoverableUntil > now);
        Assert.NotEmpty(recovery.Note);
    }

    private static IDatabaseProvider Provider(IServiceProvider host) => host.GetRequiredService<DatabaseProviders>().ForNew("enterprise");

    private async Task<string> MarkAsync() => _mark ??= await Host.GetRequiredService<InstallationMark>().FindAsync(default);

    private async Task<TenantDatabase> ChooseAsync() => TenantDatabase.Choose(await MarkAsync());

    private async Task<(TenantDatabase Database, DatabaseAddress Address)> MakeAsync()
    {
        TenantDatabase database = await ChooseAsync();
        DatabaseAddress address = await Provider(Host).CreateDatabaseAsync(database, new DatabaseTerms(Guid.NewGuid(), "enterprise"), default);
        await Provider(Host).OpenDatabaseAsync(database, default);
        return (database, address);
    }

    private async Task<IReadOnlyList<string>> ListAsync(IDatabaseProvider provider)
    {
        List<string> names = [];
        string? after = null;
        do
        {
            InventoryPage page = await provider.ListAsync(await MarkAsync(), after, default);
            names.AddRange(page.Databases);
            after = page.Next;
        }
        while (after is not null);
        return names;
    }
}
