using System.Collections.Concurrent;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Killing;

/// <summary>
/// As <see cref="KillTests"/>, with tenants that have projects at Neon, which a simulator stands for: a process is killed at calls to its API as well. Every
/// eleventh of the calls, to take less time; <see cref="LostAnswerTests"/> is at every one.
/// </summary>
public sealed class NeonKillTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    private const int Every = 11;

    [ServerFact]
    public async Task Provisioning_killed_here_and_there_ends_in_one_project_or_in_none()
    {
        ConcurrentBag<string> asked = [];
        int kills = await new Kills(neon.Settings).EverywhereAsync(
            "provision",
            () =>
            {
                string id = NeonFixture.NewId();
                asked.Add(id);
                return Task.FromResult(id);
            },
            every: Every);

        Assert.InRange(kills, 3, 900);
        int active = 0;
        foreach (string id in asked)
        {
            if (await neon.Freehold.Get<TenantCatalog>().FindAsync(TenantId.Parse(id), default) is { } tenant)
            {
                Assert.Equal(TenantState.Active, tenant.State);
                Assert.Empty(await neon.SearchAsync(await neon.Freehold.PlacementAsync(tenant.Id), "anything"));
                active++;
            }
        }

        Assert.InRange(active, 1, asked.Count);
        await neon.AssertEveryProjectIsOwnedAsync();
    }

    [ServerFact]
    public async Task Deletion_killed_here_and_there_ends_without_the_project()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await new Kills(neon.Settings).EverywhereAsync(
            "purge",
            async () =>
            {
                TenantPlacement tenant = await neon.ProvisionAsync();
                await neon.Get<TenantCredentials>().IssueAsync(tenant.Id, default);
                neon.Get<TenantDataSources>().Close(tenant.Uid);
                tenants.Add(tenant);
                return tenant.Id.Value;
            },
            every: Every);

        Assert.InRange(kills, 3, 900);
        foreach (TenantPlacement tenant in tenants)
        {
            TenantPlacement now = (await neon.Freehold.Get<TenantCatalog>().FindPlacementAsync(tenant.Uid, default))!;
            Assert.True(now.State is TenantState.Deleted or TenantState.Active, $"{now.State}");
        }

        Assert.Contains(tenants, tenant => !neon.Neon.Projects.Values.Contains(tenant.Database));
        await neon.AssertEveryProjectIsOwnedAsync();
    }
}
