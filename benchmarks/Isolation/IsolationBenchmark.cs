using System.Diagnostics;
using System.Globalization;
using Freehold.Bench.Setup;

namespace Freehold.Bench.Isolation;

/// <summary>
/// Search for near vectors with a database a tenant, against one table of all tenants with a filter: how long it takes, and how
/// many of the ten truly nearest it finds.
/// </summary>
internal sealed class IsolationBenchmark(Servers servers, VectorSizes sizes, int queries, int budget)
{
    private const string Any = "own database, as queries come";
    private const string Warm = "own database, connection open";
    private const string Nothing = "own database, a question that needs no data";
    private const string TenantIndex = "shared table, also a B-tree on tenant_id";
    private const int WarmUp = 5;

    // Below it, a faster search is faster because it finds less.
    private const double GoodRecall = 0.95;
    private const double TimesFaster = 3;

    // From cheap to thorough. The last numbers let a scan go on through the whole table.
    private static readonly SharedSearch[] Shared =
    [
        new("shared table, HNSW and filter, ef_search 40", "off", 40, 20_000),
        new("shared table, iterative scan, ef_search 40", "relaxed_order", 40, 20_000),
        new("shared table, iterative scan, ef_search 40, to the end", "relaxed_order", 40, 1_000_000),
        new("shared table, iterative scan, ef_search 200, to the end", "relaxed_order", 200, 1_000_000),
        new("shared table, iterative scan, ef_search 1000, to the end", "relaxed_order", 1_000, 1_000_000),
    ];

    private readonly Rounds _rounds = new();
    private readonly Dictionary<string, List<double>> _recalls = [];
    private string _plan = string.Empty;

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        Report.Tell($"isolation: {sizes.Tenants} databases of {sizes.Chunks:N0} vectors");
        Vectors vectors = new(sizes);
        Dictionary<string, string?> settings = new() { ["Postgres:ConnectionBudget"] = budget.ToString(CultureInfo.InvariantCulture) };
        await using Installation installation = await Installation.StartAsync(servers, new MemoryBlobs().Client(), settings, cancellationToken);
        OwnDatabases own = await OwnDatabases.LoadAsync(installation, vectors, cancellationToken);
        Report.Tell("isolation: one table of all of them");
        await using SharedTable shared = await SharedTable.LoadAsync(servers, vectors, cancellationToken);
        Report.Tell($"isolation: {queries} queries");
        await MeasureAsync(own, shared, vectors, cancellationToken);
        return new Report(
            "isolation",
            "A database each, or one table for all",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double>
            {
                ["tenants"] = sizes.Tenants,
                ["chunks of each"] = sizes.Chunks,
                ["dimensions"] = Vectors.Dimensions,
                ["common centres %"] = sizes.CommonPercent,
                ["queries"] = queries,
                ["connection budget"] = budget,
            },
            [
                Describe(Warm),
                _rounds.Line(Nothing).Noting("what the driver and the way there take: no search is quicker"),
                Describe(Any, $"{sizes.Tenants} tenants share a budget of {budget} connections"),
                .. Shared.Select(each => each.Name == FirstGood() ? Compare(each.Name).AtLeast("times own", TimesFaster) : Compare(each.Name)),
                Compare(TenantIndex).Noting("chosen: " + _plan),
            ]);
    }

    private async Task MeasureAsync(OwnDatabases own, SharedTable shared, Vectors vectors, CancellationToken cancellationToken)
    {
        Random random = new(7);
        VectorQuery[] all = [.. Enumerable.Range(0, queries).Select(_ => vectors.Query(random.Next(sizes.Tenants), random))];
        await own.WarmUpAsync(all.Take(budget), cancellationToken);

        // A round has no more tenants than there are connections, so that all of them can be warm at a time.
        foreach (VectorQuery[] round in all.Chunk(Math.Min(25, budget)))
        {
            await TimeAsync(Any, round, own.SearchAsync, warmUp: 0, cancellationToken);
            await own.WarmUpAsync(round, cancellationToken);
            await TimeAsync(Warm, round, own.SearchAsync, warmUp: 0, cancellationToken);
            await TimeAsync(Nothing, round, own.AskNothingAsync, WarmUp, cancellationToken);
            foreach (SharedSearch way in Shared)
            {
                await TimeAsync(way.Name, round, (query, token) => shared.SearchAsync(way, query, token), WarmUp, cancellationToken);
            }

            // It is there for this line alone, or the planner could take it for the others as well.
            await shared.AddTenantIndexAsync(cancellationToken);
            _plan = await shared.ExplainAsync(Shared[0], round[0], cancellationToken);
            await TimeAsync(TenantIndex, round, (query, token) => shared.SearchAsync(Shared[0], query, token), WarmUp, cancellationToken);
            await shared.DropTenantIndexAsync(cancellationToken);
        }
    }

    private async Task TimeAsync(
        string what,
        VectorQuery[] round,
        Func<VectorQuery, CancellationToken, Task<long[]>> searchAsync,
        int warmUp,
        CancellationToken cancellationToken)
    {
        foreach (VectorQuery query in round.TakeLast(warmUp))
        {
            await searchAsync(query, cancellationToken);
        }

        if (!_recalls.TryGetValue(what, out List<double>? recalls))
        {
            _recalls[what] = recalls = [];
        }

        double[] took = new double[round.Length];
        for (int i = 0; i < took.Length; i++)
        {
            long started = Stopwatch.GetTimestamp();
            long[] found = await searchAsync(round[i], cancellationToken);
            took[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            recalls.Add(found.Count(round[i].Nearest.Contains) / (double)round[i].Nearest.Count);
        }

        _rounds.Add(what, took);
    }

    private string? FirstGood() => Shared.Select(each => each.Name).FirstOrDefault(name => _recalls[name].Average() >= GoodRecall);

    private Line Compare(string what) => Describe(what).With("times own", _rounds.Ratio(what, Warm));

    private Line Describe(string what, string? note = null)
    {
        Line line = _rounds.Line(what).With("recall@10", _recalls[what].Average());
        return note is null ? line : line.Noting(note);
    }
}
