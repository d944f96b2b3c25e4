using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Freehold.Bench.Isolation;
using Freehold.Bench.Setup;
using Freehold.Retrieval;
using Npgsql;
using LexicalEmbedder = Freehold.Ai.LexicalEmbedder;

namespace Freehold.Bench.Index;

/// <summary>
/// The statement of a dense search, exact and with an index, from small tenants to large ones: from which size on the index pays, what
/// it costs, and how many of the ten truly nearest are found.
/// </summary>
internal sealed class IndexBenchmark(Servers servers, int[] sizes, int queries, int memory)
{
    private const int WarmUp = 8;

    // m and ef_construction of the index.
    private static readonly (int M, int Construction)[] Shapes = [(16, 64), (16, 128), (24, 128)];

    private static readonly int[] InView = [40, 100, 200, 400];

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        await using Installation installation = await Installation.StartAsync(servers, new MemoryBlobs().Client(), [], cancellationToken);
        List<Line> lines = [];
        foreach (int size in sizes)
        {
            Report.Tell($"index: {size:N0} vectors");
            Vectors vectors = new(new VectorSizes(Tenants: 1, size, CommonPercent: 0));
            LoadedVectors loaded = await LoadedVectors.LoadAsync(installation, vectors, cancellationToken);
            Random random = new(7);
            VectorQuery[] asked = [.. Enumerable.Range(0, queries).Select(_ => vectors.Query(0, random))];
            lines.AddRange(await MeasureAsync(installation, loaded, asked, size, cancellationToken));
            await installation.RemoveAsync(loaded.Tenant, cancellationToken);
        }

        Dictionary<string, double> figures = new() { ["dimensions"] = Vectors.Dimensions, ["queries"] = queries, ["memory to build, MB"] = memory };
        return new Report("index", "Dense search, exact and with an index", await Machine.DescribeAsync(servers, cancellationToken), figures, lines);
    }

    private async Task<IReadOnlyList<Line>> MeasureAsync(
        Installation installation, LoadedVectors loaded, VectorQuery[] asked, int size, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(installation.ConnectionString(loaded.Tenant));
        await connection.OpenAsync(cancellationToken);
        string of = string.Create(CultureInfo.InvariantCulture, $"{size:N0}");
        List<Line> lines = [(await AskAsync(connection, asked, null, cancellationToken)).Line($"{of}: exact")];

        // The shapes but the first only where they cost little time to build: they tell the same at every size.
        foreach ((int m, int construction) in Shapes.Take(size <= 100_000 ? Shapes.Length : 1))
        {
            (double seconds, double megabytes) = await loaded.BuildAsync(m, construction, memory, cancellationToken);
            foreach (int inView in InView)
            {
                await loaded.SetInViewAsync(inView, cancellationToken);
                Asked answers = await AskAsync(connection, asked, null, cancellationToken);
                lines.Add(answers.Line($"{of}: m {m}, ef_construction {construction}, ef_search {inView}").With("build s", seconds).With("index MB", megabytes));
            }
        }

        await loaded.SetInViewAsync(100, cancellationToken);
        foreach ((string name, string filter) in ((string, string)[])[("1 %", """{"hundredth":7}"""), ("half", """{"half":1}""")])
        {
            lines.Add((await AskAsync(connection, asked, filter, cancellationToken)).Line($"{of}: a filter keeps {name}, ef_search 100"));
        }

        return lines;
    }

    private static async Task<Asked> AskAsync(NpgsqlConnection connection, VectorQuery[] asked, string? filter, CancellationToken cancellationToken)
    {
        SearchFilter? parsed = filter is null ? null : SearchFilter.Parse(JsonElement.Parse(filter));
        List<double> took = [];
        List<double> recalls = [];
        int fewest = VectorQuery.Limit;
        foreach ((int turn, VectorQuery query) in asked.Take(WarmUp).Concat(asked).Index())
        {
            // Ten candidates, not the hundred of a hybrid search: else they would be what is kept in view at least.
            await using NpgsqlCommand command = SearchSql.Write(new PassageQuery(
                SearchMode.Dense, QueryWords.Parse(string.Empty), new QueryVector(query.Vector, LexicalEmbedder.ModelId, new DenseShare(1, ByScores: false)), new PageOfPassages(VectorQuery.Limit), VectorQuery.Limit, parsed));
            command.Connection = connection;
            await command.PrepareAsync(cancellationToken);
            long started = Stopwatch.GetTimestamp();
            List<long> found = await ReadAsync(command, cancellationToken);
            double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (turn >= WarmUp)
            {
                took.Add(milliseconds);
                recalls.Add(found.Count(query.Nearest.Contains) / (double)VectorQuery.Limit);
                fewest = Math.Min(fewest, found.Count);
            }
        }

        return new Asked(took, filter is null ? recalls.Average() : null, fewest);
    }

    private static async Task<List<long>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> found = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!reader.IsDBNull(7))
            {
                found.Add(long.Parse(reader.GetString(7).AsSpan("passage ".Length), CultureInfo.InvariantCulture));
            }
        }

        return found;
    }

    private sealed record Asked(List<double> Milliseconds, double? Recall, int Fewest)
    {
        public Line Line(string what)
        {
            Line line = new Line(what).With("p50 ms", Measure.Median(Milliseconds)).With("p99 ms", Measure.Percentile(Milliseconds, 99));
            return (Recall is { } recall ? line.With("recall@10", recall) : line).With("fewest found", Fewest);
        }
    }
}
