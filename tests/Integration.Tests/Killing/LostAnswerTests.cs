using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Spares;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Killing;

/// <summary>
/// At every call to Neon that a tenant's life needs, the answer is lost, once before anything has happened and once after, and nothing
/// is tried again within the attempt: the next attempt knows what is in the catalog and nothing else. Nothing may be made twice, be left behind, or still open.
/// </summary>
public sealed class LostAnswerTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    // An attempt that ends with the first lost answer, as when its host is killed there.
    private static readonly Dictionary<string, string?> Brittle = new()
    {
        ["Provisioning:Neon:RetryBudget"] = "00:00:00",
        ["Provisioning:MaxAttempts"] = "100",
        ["Provisioning:CredentialOverlap"] = "00:00:00.01",
    };

    [ServerFact]
    public async Task Provisioning_ends_in_one_project_of_its_name()
    {
        await using ServiceProvider host = neon.Build(Brittle);
        foreach (Fault fault in await FaultsOfAsync(() => neon.ProvisionAsync(host)))
        {
            neon.Neon.Faults.Then(fault);
            CreatedTenant created = await host.GetRequiredService<CreateTenant>().RunAsync(
                new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
            await FinishAsync(created.Operation, host);

            TenantPlacement tenant = await neon.Freehold.PlacementAsync(created.Tenant);
            Assert.Equal(TenantState.Active, tenant.State);
            Assert.Empty(await neon.SearchAsync(tenant, "anything"));
        }

        await neon.AssertEveryProjectIsOwnedAsync();
    }

    [ServerFact]
    public async Task Filling_of_the_warm_pool_ends_in_one_sleeping_project_for_each_spare()
    {
        await using ServiceProvider host = neon.Build(new(Brittle) { ["Provisioning:WarmPool:Size"] = "1" });
        FillWarmPool fill = host.GetRequiredService<FillWarmPool>();
        foreach (Fault fault in await FaultsOfAsync(() => fill.RunAsync(default)))
        {
            await neon.CatalogAsync<object>("update catalog.spare_databases set state = 'dropping' returning 1");
            neon.Neon.Faults.Then(fault);
            for (int i = 0; i < 5 && await neon.CatalogAsync<long>("select count(*) from catalog.spare_databases where state = 'ready'") == 0; i++)
            {
                await fill.RunAsync(default);
                await neon.CatalogAsync<object>("update catalog.spare_databases set lease_until = null returning 1");
            }
        }

        Assert.True(neon.Neon.Sleeps(await neon.CatalogAsync<string>(
            "select project_id from catalog.neon_projects p join catalog.spare_databases s using (database_name) where s.state = 'ready'")));
        await neon.AssertEveryProjectIsOwnedAsync();
        await neon.CatalogAsync<object>("update catalog.spare_databases set state = 'dropping' returning 1");
        await using ServiceProvider without = neon.Build(Brittle);
        await without.GetRequiredService<FillWarmPool>().RunAsync(default);
        await neon.AssertEveryProjectIsOwnedAsync();
    }

    [ServerFact]
    public async Task Deletion_leaves_no_project_and_nothing_that_opens_it()
    {
        await using ServiceProvider host = neon.Build(Brittle);
        TenantPlacement first = await neon.ProvisionAsync(host);
        foreach (Fault fault in await FaultsOfAsync(() => DeleteAsync(first, host)))
        {
            TenantPlacement tenant = await neon.ProvisionAsync(host);
            TenantCredential own = await host.GetRequiredService<TenantCredentials>().IssueAsync(tenant.Id, default);
            neon.Get<TenantDataSources>().Close(tenant.Uid);
            neon.Neon.Faults.Then(fault);

            await DeleteAsync(tenant, host);

            Assert.Equal("deleted", await neon.CatalogAsync<string>($"select state from catalog.tenants where uid = '{tenant.Uid}'"));
            Uri uri = new(own.Uri!);
            await AssertOpensNothingAsync(tenant.Database!, uri.UserInfo.Split(':')[0], uri.UserInfo.Split(':')[1]);
            await AssertOpensNothingAsync(tenant.Database!, tenant.Role!, neon.Get<CredentialCipher>().Open(tenant.Uid, tenant.EncryptedPassword));
        }

        await neon.AssertEveryProjectIsOwnedAsync();
    }

    [ServerFact]
    public async Task Tenant_that_is_deleted_while_its_project_is_made_leaves_none()
    {
        await using ServiceProvider host = neon.Build(Brittle);
        neon.Neon.Faults.Then(new Fault(FaultKind.CutAfter) { Method = "POST", Route = "projects" });
        neon.Neon.Faults.Then(new Fault(FaultKind.CutBefore) { Method = "GET", Route = "projects" });
        CreatedTenant created = await host.GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.False(created.Active);
        await neon.CatalogAsync<object>(
            $"update catalog.operations set state = 'failed', next_attempt_at = null where id = '{created.Operation}' returning 1");
        await neon.CatalogAsync<object>($"update catalog.tenants set state = 'failed' where id = '{created.Tenant}' returning 1");

        await DeleteAsync(await neon.Freehold.PlacementAsync(created.Tenant), host);

        await neon.AssertEveryProjectIsOwnedAsync();
    }

    /// <summary>For each call that an undisturbed run makes: the answer is lost before its effect, and after it.</summary>
    private async Task<IReadOnlyList<Fault>> FaultsOfAsync(Func<Task> run)
    {
        int before = neon.Neon.Requests.Count;
        await run();
        return
        [
            .. neon.Neon.Requests.Skip(before)
                .Select(request => (request.Method, request.Route)).Distinct()
                .SelectMany(call => new[] { FaultKind.CutBefore, FaultKind.CutAfter }
                    .Select(kind => new Fault(kind) { Method = call.Method, Route = call.Route })),
        ];
    }

    private async Task DeleteAsync(TenantPlacement tenant, IServiceProvider host)
    {
        StartedOperation deletion = await host.GetRequiredService<DeleteTenant>().RunAsync(
            tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        await FinishAsync(deletion.Id, host);
    }

    private async Task FinishAsync(Guid operation, IServiceProvider host)
    {
        for (int i = 0; i < 5 && await neon.CatalogAsync<string>($"select state from catalog.operations where id = '{operation}'") != "done"; i++)
        {
            await neon.RunDueAsync(operation, host);
        }

        Assert.Equal("done", await neon.CatalogAsync<string>($"select state from catalog.operations where id = '{operation}'"));
    }

    private async Task AssertOpensNothingAsync(string database, string role, string password)
    {
        foreach (string host in new[] { "127.0.0.1", "127.0.0.2" })
        {
            await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder
            {
                Host = host,
                Port = neon.Neon.Port,
                Database = database,
                Username = role,
                Password = password,
                Pooling = false,
            }.ConnectionString);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.OpenAsync());
        }
    }
}
