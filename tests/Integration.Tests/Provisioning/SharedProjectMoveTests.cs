using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>A small tenant that grows leaves the project that it shares for one of its own, and is searched all the while.</summary>
public sealed class SharedProjectMoveTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    [ServerFact]
    public async Task Tenant_of_a_shared_project_moves_to_one_of_its_own_while_it_is_searched()
    {
        await using ServiceProvider host = neon.Build(new()
        {
            ["Provisioning:Neon:SharedPlans:0"] = "free",
            ["Provisioning:Neon:SharedConnectionString"] = TestServers.Postgres,
        });
        TenantPlacement tenant = await neon.ProvisionAsync(host, "free");
        Assert.Equal("neon-shared", tenant.Provider);
        await neon.Freehold.UploadAsync(tenant, "one.txt", "The lighthouse keeper counts ships.");
        await host.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("one.txt"), default);

        StartedOperation move = await host.GetRequiredService<ChangeTenant>().RunAsync(
            tenant.Id, TenantChange.MoveTo("neon"), Caller.Admin(), TimeSpan.Zero, default);
        using CancellationTokenSource moved = new();
        Task<int> searching = Task.Run(() => SearchUntilAsync(host, tenant.Id, moved.Token));
        for (int i = 0; i < 50 && await neon.StateAsync(move.Id) is "queued" or "running"; i++)
        {
            await neon.RunDueAsync(move.Id, host);
        }

        await moved.CancelAsync();
        Assert.Equal("done", await neon.StateAsync(move.Id));
        Assert.InRange(await searching, 1, int.MaxValue);
        TenantPlacement own = await neon.Freehold.PlacementAsync(tenant.Id);
        Assert.Equal("neon", own.Provider);
        Assert.Contains(own.Database, neon.Neon.Projects.Values);
        Assert.Single(await SearchAsync(host, own));
        Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_database where datname = '{tenant.Database}')"));
    }

    private async Task<int> SearchUntilAsync(IServiceProvider host, TenantId id, CancellationToken stop)
    {
        int searches = 0;
        for (; !stop.IsCancellationRequested; searches++)
        {
            Assert.Single(await SearchAsync(host, await neon.Freehold.PlacementAsync(id)));
        }

        return searches;
    }

    private static async Task<IReadOnlyList<Passage>> SearchAsync(IServiceProvider host, TenantPlacement tenant) =>
        (await host.GetRequiredService<SearchChunks>().RunAsync(tenant, new SearchRequest("lighthouse", 10, "lexical"), default)).Passages;
}
