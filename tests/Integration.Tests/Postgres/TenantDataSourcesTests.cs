using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Postgres;

public sealed class TenantDataSourcesTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task More_tenants_than_connections_are_served_and_the_budget_is_never_exceeded()
    {
        const int Budget = 4;
        await using ServiceProvider host = freehold.Build(new() { ["Postgres:ConnectionBudget"] = $"{Budget}", ["Postgres:ConnectionsPerTenant"] = "2" });
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        List<TenantPlacement> tenants = [];
        for (int i = 0; i < 8; i++)
        {
            tenants.Add(await freehold.ProvisionAsync());
        }

        string roles = string.Join(',', tenants.Select(tenant => $"'{tenant.Role}'"));
        using CancellationTokenSource done = new();
        Task<long> watching = MostSeenAsync($"select count(*) from pg_stat_activity where usename in ({roles})", done.Token);
        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, token) =>
        {
            TenantPlacement tenant = tenants[Random.Shared.Next(tenants.Count)];
            await using TenantConnection connection = await sources.OpenAsync(tenant, WakeCause.Search, token);
            await using NpgsqlCommand command = new("select current_user::text from pg_sleep(0.002)", connection.Connection);
            Assert.Equal(tenant.Role, await command.ExecuteScalarAsync(token));
        });
        await done.CancelAsync();

        Assert.InRange(sources.OpenConnections, 1, Budget);
        // A server takes a moment to see that a connection was closed.
        Assert.InRange(await watching, 1, Budget + 2);
    }

    [ServerFact]
    public async Task Idle_connections_that_were_used_least_recently_make_room()
    {
        await using ServiceProvider host = freehold.Build(new() { ["Postgres:ConnectionBudget"] = "2", ["Postgres:ConnectionsPerTenant"] = "2" });
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        TenantPlacement[] tenants = [await freehold.ProvisionAsync(), await freehold.ProvisionAsync(), await freehold.ProvisionAsync()];
        int first = await BackendAsync(sources, tenants[0]);
        int second = await BackendAsync(sources, tenants[1]);
        Assert.Equal(first, await BackendAsync(sources, tenants[0]));

        await BackendAsync(sources, tenants[2]);

        Assert.Equal(first, await BackendAsync(sources, tenants[0]));
        Assert.NotEqual(second, await BackendAsync(sources, tenants[1]));
    }

    [ServerFact]
    public async Task Who_finds_the_budget_spent_waits_and_can_give_up()
    {
        await using ServiceProvider host = freehold.Build(new() { ["Postgres:ConnectionBudget"] = "1", ["Postgres:ConnectionsPerTenant"] = "1" });
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        TenantConnection held = await sources.OpenAsync(one, WakeCause.Search, default);

        using CancellationTokenSource impatience = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sources.OpenAsync(other, WakeCause.Search, impatience.Token));
        Task<TenantConnection> waiting = sources.OpenAsync(other, WakeCause.Search, default).AsTask();
        await Task.Delay(50);
        Assert.False(waiting.IsCompleted);
        await held.DisposeAsync();

        await using TenantConnection got = await waiting.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(1, sources.OpenConnections);
    }

    [ServerFact]
    public async Task Busy_tenant_does_not_keep_another_waiting()
    {
        await using ServiceProvider host = freehold.Build(new() { ["Postgres:ConnectionBudget"] = "2", ["Postgres:ConnectionsPerTenant"] = "2" });
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        (TenantPlacement busy, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        using CancellationTokenSource done = new();
        Task[] load = [.. Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                await using TenantConnection connection = await sources.OpenAsync(busy, WakeCause.Search, default);
                await using NpgsqlCommand command = new("select pg_sleep(0.005)", connection.Connection);
                await command.ExecuteNonQueryAsync();
            }
        })];
        await Task.Delay(200);

        for (int i = 0; i < 10; i++)
        {
            await BackendAsync(sources, other).WaitAsync(TimeSpan.FromSeconds(2));
        }

        await done.CancelAsync();
        await Task.WhenAll(load);
        Assert.InRange(sources.OpenConnections, 1, 2);
    }

    [ServerFact]
    public async Task Closing_a_tenant_closes_idle_connections_now_and_busy_ones_when_they_come_back()
    {
        await using ServiceProvider host = freehold.Build([]);
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantConnection busy = await sources.OpenAsync(tenant, WakeCause.Search, default);
        await BackendAsync(sources, tenant);

        sources.Close(tenant.Uid);
        await using (NpgsqlCommand command = new("select 1", busy.Connection))
        {
            Assert.Equal(1, await command.ExecuteScalarAsync());
        }

        await busy.DisposeAsync();
        Assert.Equal(0, sources.OpenConnections);
        await FreeholdFixture.EventuallyAsync(async () => await FreeholdFixture.ServerScalarAsync<long>(
            $"select count(*) from pg_stat_activity where usename = '{tenant.Role}'") == 0);
        await BackendAsync(sources, tenant);
    }

    [ServerFact]
    public async Task Connection_that_broke_is_not_handed_out_again()
    {
        await using ServiceProvider host = freehold.Build([]);
        TenantDataSources sources = host.GetRequiredService<TenantDataSources>();
        TenantPlacement tenant = await freehold.ProvisionAsync();
        int backend = await BackendAsync(sources, tenant);
        await FreeholdFixture.ExecuteAsync($"select pg_terminate_backend({backend})");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => BackendAsync(sources, tenant));
        Assert.NotEqual(backend, await BackendAsync(sources, tenant));
        Assert.Equal(1, sources.OpenConnections);
    }

    private static async Task<int> BackendAsync(TenantDataSources sources, TenantPlacement tenant)
    {
        await using TenantConnection connection = await sources.OpenAsync(tenant, WakeCause.Search, default);
        await using NpgsqlCommand command = new("select pg_backend_pid()", connection.Connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<long> MostSeenAsync(string sql, CancellationToken cancellationToken)
    {
        long most = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            most = Math.Max(most, await FreeholdFixture.ServerScalarAsync<long>(sql));
        }

        return most;
    }
}
