using Freehold.Bench.Setup;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Provisioning.Spares;
using Freehold.Tenants;

namespace Freehold.Bench.Onboard;

/// <summary>Which calls to Neon a tenant takes where nothing goes wrong: on the spot, and by a database of the warm pool.</summary>
internal sealed class CallsMade(Servers servers)
{
    private const int Spares = 2;
    private const string PlanWithQuota = "enterprise";

    public async Task<IReadOnlyList<Line>> CountAsync(CancellationToken cancellationToken)
    {
        await using NeonSimulator neon = await NeonSimulator.StartAsync(new SimulatorOptions { Postgres = servers.Postgres });
        await using Installation installation = await Installation.StartAsync(
            servers,
            null,
            new Dictionary<string, string?>
            {
                ["Provisioning:WarmPool:Size"] = $"{Spares}",
                ["Provisioning:Neon:Plans:0:Name"] = PlanWithQuota,
                ["Provisioning:Neon:Plans:0:StoredBytes"] = "1000000000",
            }.With(neon, neon.Port),
            cancellationToken);
        return
        [
            await CountAsync("a tenant without the pool", 1, () => CreateAsync("counted-made", plan: null)),
            await CountAsync("a database of the pool", Spares, () => installation.Get<FillWarmPool>().RunAsync(cancellationToken)),
            await CountAsync("a tenant that takes it", 1, () => CreateAsync("counted-claimed", plan: null)),
            await CountAsync("a tenant that takes it, of a plan with a quota", 1, () => CreateAsync("counted-quota", PlanWithQuota)),
        ];

        async Task<Line> CountAsync(string what, int times, Func<Task> act)
        {
            int before = neon.Requests.Count;
            await act();
            SimulatedRequest[] made = [.. neon.Requests.Skip(before)];
            return new Line(what).With("a project", (double)made.Length / times)
                .Noting(string.Join(", ", made.Take(made.Length / times).Select(request => $"{request.Method} {request.Route.Split('/')[^1]}")));
        }

        async Task CreateAsync(string id, string? plan)
        {
            CreatedTenant created = await installation.Get<CreateTenant>().RunAsync(
                new NewTenant(id, Plan: plan), Caller.Admin(), TimeSpan.FromSeconds(60), cancellationToken);
            await installation.Get<RunOperation>().RunAsync(created.Operation, cancellationToken);
        }
    }
}
