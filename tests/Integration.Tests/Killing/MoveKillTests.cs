using System.Collections.Concurrent;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Killing;

/// <summary>A move that is killed here and there ends with the tenant whole in one place, written again, and nothing left in the other.</summary>
public sealed class MoveKillTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    private const int Every = 47;

    [ServerFact]
    public async Task Move_killed_here_and_there_ends_with_one_database_that_has_everything()
    {
        await using ServiceProvider host = neon.Build(Both([]));
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await new Kills(settings => neon.Settings(Both(settings))).EverywhereAsync(
            "move",
            async () =>
            {
                TenantPlacement tenant = await neon.ProvisionAsync(host);
                await IngestAsync(host, tenant, "a.txt", "The walnut tree is old.");
                await IngestAsync(host, tenant, "b.txt", "Figs are eaten fresh.");

                // This host does not follow the catalog, and would hold what is to be closed.
                host.GetRequiredService<TenantDataSources>().Close(tenant.Uid);
                tenants.Add(tenant);
                return tenant.Id.Value;
            },
            every: Every);

        Assert.InRange(kills, 3, 900);
        foreach (TenantPlacement before in tenants)
        {
            TenantPlacement now = await neon.Freehold.PlacementAsync(before.Id);
            Assert.Equal(before.Database != now.Database, now.Provider == "neon");
            foreach (string word in (string[])["walnut", "figs"])
            {
                Assert.Single((await host.GetRequiredService<SearchChunks>().RunAsync(now, new SearchRequest(word, Mode: "lexical"), default)).Passages);
            }

            await IngestAsync(host, now, "c.txt", "Written after the move.");
            Assert.Equal(
                now.Provider == "postgres",
                await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_database where datname = '{before.Database}')"));
        }

        Assert.Contains(tenants, tenant => neon.Neon.Projects.Values.Contains(neon.Freehold.PlacementAsync(tenant.Id).GetAwaiter().GetResult().Database));
        Assert.Equal(0, await neon.CatalogAsync<long>("select count(*) from catalog.moves"));
        await neon.AssertEveryProjectIsOwnedAsync();
    }

    private static Dictionary<string, string?> Both(Dictionary<string, string?> settings) => new(settings)
    {
        ["Provisioning:Provider"] = "postgres",
        ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres,
    };

    private async Task IngestAsync(ServiceProvider host, TenantPlacement tenant, string path, string text)
    {
        await neon.Freehold.UploadAsync(tenant, path, text);
        await host.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);
        Assert.Equal("ready", (await neon.Freehold.StatusAsync(tenant, path))!.State);
    }
}
