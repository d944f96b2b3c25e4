using Freehold.Bench.Setup;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Provisioning.Spares;

namespace Freehold.Bench.Provision;

/// <summary>
/// A tenant by the API, from the request to the answer that it is active, with the warm pool and without, against nothing but the
/// copy of the same template database, timed by psql. Then many tenants at once.
/// </summary>
internal sealed class ProvisionBenchmark(Servers servers, int tenants, int warmUp, int burst)
{
    private const string Bare = "create database … template … strategy wal_log (psql)";
    private const string Pool = "POST /api/tenants?wait=60, with the warm pool";
    private const string NoPool = "POST /api/tenants?wait=60, without it";

    // A handful of each is a round: alternated one by one, a round's medians have seen the same conditions.
    private const int TimesInRound = 5;

    private readonly string _prefix = $"freehold_bench_{Guid.NewGuid():N}"[..28];
    private int _made;

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        int spares = tenants + warmUp;
        await using Installation pooled = await Installation.StartAsync(
            servers, null, new() { ["Provisioning:WarmPool:Size"] = $"{spares}" }, cancellationToken);
        await using Installation unpooled = await Installation.StartAsync(servers, null, [], cancellationToken);
        Report.Tell($"provision: filling the warm pool with {spares} databases");
        await FillAsync(pooled, spares, cancellationToken);
        await using HostProcess pooledHost = await HostProcess.StartAsync(pooled, cancellationToken);
        await using HostProcess unpooledHost = await HostProcess.StartAsync(unpooled, cancellationToken);
        TenantClient withPool = new(pooledHost.Client(pooled.AdminKey));
        TenantClient withoutPool = new(unpooledHost.Client(unpooled.AdminKey));
        await using PsqlSession psql = new(servers);
        try
        {
            string template = pooled.Get<PostgresProvider>().Template;
            Report.Tell($"provision: {tenants} tenants from the pool, alternately with {tenants} without one and {tenants} bare copies");
            await MeasureAsync(new Rounds(), warmUp, withPool, withoutPool, psql, template, cancellationToken);
            Rounds rounds = new();
            await MeasureAsync(rounds, tenants, withPool, withoutPool, psql, template, cancellationToken);
            Report.Tell($"provision: {burst} tenants at once");
            Line many = await new Burst(pooled, withPool, burst).RunAsync(cancellationToken);
            return new Report(
                "provision",
                "A new tenant",
                await Machine.DescribeAsync(servers, cancellationToken),
                new Dictionary<string, double> { ["tenants"] = tenants, ["warm-up"] = warmUp, ["burst"] = burst, ["warm pool"] = spares },
                [rounds.Line(Bare), rounds.Line(Pool, Bare, mostTimes: 0.5), rounds.Line(NoPool, Bare, mostTimes: 1.6), many]);
        }
        finally
        {
            for (int i = 0; i < _made; i++)
            {
                await servers.ExecuteAsync($"drop database if exists {_prefix}_{i}", CancellationToken.None);
            }
        }
    }

    private async Task MeasureAsync(
        Rounds rounds, int times, TenantClient withPool, TenantClient withoutPool, PsqlSession psql, string template, CancellationToken cancellationToken)
    {
        for (int start = 0; start < times; start += TimesInRound)
        {
            int count = Math.Min(TimesInRound, times - start);
            double[] bare = new double[count];
            double[] pool = new double[count];
            double[] noPool = new double[count];
            for (int i = 0; i < count; i++)
            {
                bare[i] = await psql.TimeAsync($"create database {_prefix}_{_made++} template {template} strategy wal_log", cancellationToken);
                pool[i] = await withPool.TimeAsync(NewName(), cancellationToken);
                noPool[i] = await withoutPool.TimeAsync(NewName(), cancellationToken);
            }

            rounds.Add(Bare, bare);
            rounds.Add(Pool, pool);
            rounds.Add(NoPool, noPool);
        }
    }

    private static string NewName() => $"bench-{Guid.NewGuid():N}"[..30];

    private static async Task FillAsync(Installation installation, int spares, CancellationToken cancellationToken)
    {
        do
        {
            await installation.Get<FillWarmPool>().RunAsync(cancellationToken);
        }
        while ((await installation.Get<DescribeFleet>().RunAsync(cancellationToken)).WarmPool[0].Ready < spares);
    }
}
