using System.Collections.Concurrent;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Integration.Tests.Regions;
using Freehold.Provisioning;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Killing;

/// <summary>A host that fetches a tenant from another region is killed here and there: the tenant ends whole there, and nothing of it is left.</summary>
public sealed class RegionMoveKillTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private const int Every = 61;

    [ServerFact]
    public async Task Move_to_another_region_killed_here_and_there_ends_with_one_place_that_has_everything()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await new Kills(settings => regions.Freehold.Settings(regions.Settings("east", settings))).EverywhereAsync(
            "run",
            async () =>
            {
                TenantPlacement tenant = await regions.ProvisionAsync(regions.West, "west");
                await TwoRegions.IngestAsync(regions.West, tenant, "a.txt", "The walnut tree is old.");
                await TwoRegions.IngestAsync(regions.West, tenant, "b.txt", "Figs are eaten fresh.");
                await TwoRegions.UploadAsync(regions.West, tenant, "c.txt", "Quinces wait.");
                TwoRegions.Get<Freehold.Postgres.TenantDataSources>(regions.West).Close(tenant.Uid);
                tenants.Add(tenant);
                Guid operation = (await TwoRegions.Get<ChangeTenant>(regions.West)
                    .RunAsync(tenant.Id, TenantChange.MoveTo(null, "east"), Caller.Admin(), TimeSpan.Zero, default)).Id;
                await TwoRegions.Get<RunOperation>(regions.West).RunAsync(operation, default);
                return $"{operation}";
            },
            every: Every);

        Assert.InRange(kills, 3, 900);
        foreach (TenantPlacement before in tenants)
        {
            TenantPlacement now = await regions.Freehold.PlacementAsync(before.Id);
            Assert.Equal("east", now.Region);
            await TwoRegions.TakeInAsync(regions.East, now, "c.txt");
            foreach (string word in (string[])["walnut", "figs", "quinces"])
            {
                int found = (await TwoRegions.SearchAsync(regions.East, now, word)).Count;
                Assert.True(found == 1, $"{word}: {found} in {now.Database}, {await TwoRegions.StatesAsync(regions.East, now)}");
            }

            await TwoRegions.IngestAsync(regions.East, now, "a.txt", "Written after the move.");
            Assert.Empty(await TwoRegions.SearchAsync(regions.East, now, "walnut"));
            Assert.Equal(3, (await TwoRegions.BlobsAsync(regions.East, now)).Count);
            Assert.Empty(await TwoRegions.BlobsAsync(regions.West, now));
            Assert.Equal(0, await TwoRegions.CountWorkAsync(regions.West, now));
            Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_database where datname = '{before.Database}')"));
            Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_roles where rolname = '{before.Role}')"));
        }

        Assert.Equal(0, await regions.CatalogAsync<long>("select count(*) from catalog.moves"));
    }
}
