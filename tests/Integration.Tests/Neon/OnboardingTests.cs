using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Neon;

/// <summary>Many tenants at once at a Neon where one call in four goes wrong. <c>./bench onboard</c> has a thousand, at Neon's rates.</summary>
public sealed class OnboardingTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    private const int Tenants = 40;
    private const int Clients = 8;
    private const double Chance = 0.02;

    private static readonly Fault[] Faults =
    [
        new(FaultKind.TooManyRequests),
        new(FaultKind.Locked),
        new(FaultKind.ErrorBefore) { Status = 500 },
        new(FaultKind.ErrorBefore) { Status = 502 },
        new(FaultKind.ErrorBefore) { Status = 503 },
        new(FaultKind.ErrorAfter) { Status = 500 },
        new(FaultKind.ErrorAfter) { Status = 504 },
        new(FaultKind.CutBefore),
        new(FaultKind.CutAfter),
        new(FaultKind.OperationFails),
        new(FaultKind.Slow) { Delay = TimeSpan.FromMilliseconds(50) },
        new(FaultKind.Unknown),
        new(FaultKind.Unavailable) { Method = "GET", Route = "projects" },
    ];

    [ServerFact]
    public async Task Tenants_asked_for_at_once_all_end_with_one_project_each_whatever_goes_wrong()
    {
        await using ServiceProvider host = neon.Build(new() { ["Provisioning:MaxAttempts"] = "100" });
        neon.Neon.Faults.ByChance(seed: 7, [.. Faults.Select(fault => (fault, Chance))]);

        CreatedTenant[] created = new CreatedTenant[Tenants];
        await Parallel.ForAsync(0, Tenants, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, token) =>
        {
            created[i] = await host.GetRequiredService<CreateTenant>().RunAsync(
                new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), token);
            for (int turn = 0; turn < 20 && !await IsActiveAsync(created[i]); turn++)
            {
                await neon.RunDueAsync(created[i].Operation, host);
            }
        });

        Assert.Empty(await neon.CatalogAsync<string[]>(
            "select array_agg(id || ': ' || state || ' ' || coalesce(failure, '')) from catalog.tenants where state <> 'active'") ?? []);
        Assert.True(neon.Neon.Faults.Happened > Tenants / 4, $"{neon.Neon.Faults.Happened} faults");
        await neon.AssertEveryProjectIsOwnedAsync();
    }

    private async Task<bool> IsActiveAsync(CreatedTenant created) =>
        (await neon.Freehold.PlacementAsync(created.Tenant)).State == TenantState.Active;
}
