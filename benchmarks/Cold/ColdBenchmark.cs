using Freehold.Ai;
using Freehold.Bench.Search;
using Freehold.Bench.Setup;

namespace Freehold.Bench.Cold;

/// <summary>
/// Searches of tenants that have no connection, with many more tenants than the budget has connections: by the API, and by nothing but
/// a connection of the driver's and the same statement. Each way enters every tenant once.
/// </summary>
internal sealed class ColdBenchmark(Servers servers, int tenants, int chunks, int clients)
{
    private const string Cold = "cold, by the API, one client";
    private const string Bare = "bare connect and the same statement";
    private const string Connect = "of it: the connect";
    private const string Statement = "of it: the statement";
    private const string Defaults = "the same, with Npgsql's defaults";
    private const string Warm = "warm, by the API";
    private const string WarmStatement = "warm, its statement alone, prepared";

    private const int Budget = 50;
    private const int InRound = 10;
    // A server needs milliseconds to end a session. What one measurement has closed must not slow down the next.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private const int WarmTenants = 20;
    private const int WarmTimes = 20;

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        MemoryBlobs blobs = new();
        await using Installation installation = await Installation.StartAsync(
            servers, blobs.Client(), new() { ["Postgres:ConnectionBudget"] = $"{Budget}" }, cancellationToken);
        Report.Tell($"cold: making {tenants:N0} tenants of {chunks} chunks");
        ColdTenants made = await ColdTenants.MakeAsync(installation, blobs, tenants, chunks, cancellationToken);
        await servers.CheckpointAsync(cancellationToken);
        double weight = installation.Get<EmbeddingModel>().DenseWeight;
        await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
        using HttpClient client = host.Client("none");
        ColdClient search = new(client);

        Report.Tell("cold: one client, in turn with the driver alone");
        Rounds rounds = new();
        OpenConnections alone = await OpenConnections.WatchAsync(servers, cancellationToken);
        await using (alone)
        {
            await MeasureAsync(rounds, made, search, weight, cancellationToken);
        }

        Report.Tell($"cold: {clients} clients at once");
        OpenConnections together = await OpenConnections.WatchAsync(servers, cancellationToken);
        Line crowd;
        await using (together)
        {
            crowd = await search.CrowdAsync(made.All, clients, cancellationToken);
        }

        Report.Tell("cold: warm searches, for comparison");
        await MeasureWarmAsync(rounds, installation, made, search, weight, cancellationToken);
        return new Report(
            "cold",
            "Search of a tenant without a connection",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double> { ["tenants"] = tenants, ["chunks"] = chunks, ["budget"] = Budget, ["clients"] = clients },
            [
                rounds.Line(Cold, Bare, mostTimes: 1.3),
                rounds.Line(Bare),
                rounds.Line(Connect),
                rounds.Line(Statement),
                rounds.Line(Defaults).With("ratio", rounds.Ratio(Defaults, Bare)).Noting($"ratio to: {Bare}"),
                crowd,
                new Line("searches that failed").With("failed", search.Failures.Count).AtMost("failed", 0)
                    .Noting(search.Failures.TryPeek(out string? failure) ? failure : "of both of the above"),
                Held("one client", alone),
                Held($"{clients} clients", together),
                rounds.Line(Warm, WarmStatement, mostTimes: 2),
                rounds.Line(WarmStatement),
            ]);
    }

    private static Line Held(string by, OpenConnections open) => new Line($"{by}: connections open at once")
        .With("open", open.Most).AtMost("open", Budget).Noting($"pg_stat_activity, asked {open.Asked:N0} times");

    /// <summary>
    /// The three ways go through the same tenants in the same order, a third of them apart: each meets as many that no other has touched
    /// yet, and as many that one or both have.
    /// </summary>
    private static async Task MeasureAsync(
        Rounds rounds, ColdTenants made, ColdClient search, double weight, CancellationToken cancellationToken)
    {
        await using LineProcess connecting = await LineProcess.StartAsync(ConnectCommand.Name, new ConnectSetup(weight), cancellationToken);
        await using LineProcess defaults = await LineProcess.StartAsync(ConnectCommand.Name, new ConnectSetup(weight), cancellationToken);
        int count = made.All.Count;
        foreach ((int round, int[] part) in Enumerable.Range(0, count).Chunk(InRound).Index())
        {
            List<double> cold = [];
            List<ConnectAnswer> bare = [];
            List<double> byDefault = [];
            for (int i = 0; i < part.Length * 3; i++)
            {
                int place = part[i / 3];
                await Task.Delay(Pause, cancellationToken);
                switch ((i + round) % 3)
                {
                    case 0:
                        cold.AddRange(await search.TryAsync(made.All[place], cancellationToken) is { } took ? [took] : []);
                        break;
                    case 1:
                        bare.Add(await ConnectAsync(connecting, made, made.All[(place + (count / 3)) % count], true, cancellationToken));
                        break;
                    default:
                        byDefault.Add((await ConnectAsync(defaults, made, made.All[(place + (count * 2 / 3)) % count], false, cancellationToken)).Together);
                        break;
                }
            }

            // The first rounds of a process run code that is being compiled.
            if (round >= Math.Min(5, count / InRound / 2) && cold.Count > 0)
            {
                rounds.Add(Cold, [.. cold]);
                rounds.Add(Bare, [.. bare.Select(each => each.Together)]);
                rounds.Add(Connect, [.. bare.Select(each => each.Connect)]);
                rounds.Add(Statement, [.. bare.Select(each => each.Statement)]);
                rounds.Add(Defaults, [.. byDefault]);
            }
        }
    }

    private static async Task<ConnectAnswer> ConnectAsync(
        LineProcess process, ColdTenants made, ColdTenant tenant, bool asTheProduct, CancellationToken cancellationToken) =>
        await ConnectCommand.AskAsync(process, new ConnectRequest(made.ConnectionString(tenant, asTheProduct), tenant.Query), cancellationToken);

    private static async Task MeasureWarmAsync(
        Rounds rounds, Installation installation, ColdTenants made, ColdClient search, double weight, CancellationToken cancellationToken)
    {
        foreach (ColdTenant tenant in made.All.Take(WarmTenants))
        {
            QuerySetup setup = new(installation.ConnectionString(tenant.Placement), QueryCommand.HybridName, weight);
            await using QueryProcess statement = await QueryProcess.StartAsync(setup, cancellationToken);
            string[] queries = [.. Enumerable.Repeat(tenant.Query, WarmTimes)];
            for (int times = 0; times < 2; times++)
            {
                double[] byApi = await search.RepeatAsync(tenant, WarmTimes, cancellationToken);
                double[] alone = await statement.TimeAsync(queries, cancellationToken);
                if (times > 0)
                {
                    rounds.Add(Warm, byApi);
                    rounds.Add(WarmStatement, alone);
                }
            }
        }
    }
}
