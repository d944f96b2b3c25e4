using Freehold.Ai;
using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Search;

/// <summary>
/// Search by the API, against the same statement run by the driver alone, against the plainest search for near vectors in the same
/// table. One client each.
/// </summary>
internal sealed class SearchBenchmark(Servers servers, int[] sizes, int queries)
{
    private const int QueriesInRound = 10;
    private const int ChunksOfDocument = 10;

    /// <summary>Just under what a chunk aims at, so that each paragraph becomes one.</summary>
    private const int ParagraphLength = 1_000;

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        MemoryBlobs blobs = new();
        await using Installation installation = await Installation.StartAsync(servers, blobs.Client(), [], cancellationToken);
        List<(int Size, TenantPlacement Tenant, string[] Queries)> tenants = [];
        foreach (int size in sizes)
        {
            Report.Tell($"search: loading {size:N0} chunks");
            tenants.Add(await LoadAsync(installation, blobs, size, cancellationToken));
        }

        await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
        List<Line> lines = [];
        foreach ((int size, TenantPlacement tenant, string[] asked) in tenants)
        {
            Report.Tell($"search: {queries} queries among {size:N0} chunks");
            lines.AddRange(await MeasureAsync(installation, host, size, tenant, asked, cancellationToken));
        }

        Dictionary<string, double> figures = new() { ["queries"] = queries };
        foreach (int size in sizes)
        {
            figures[$"chunks of tenant {figures.Count}"] = size;
        }

        return new Report("search", "Search, ten passages", await Machine.DescribeAsync(servers, cancellationToken), figures, lines);
    }

    private async Task<(int Size, TenantPlacement Tenant, string[] Queries)> LoadAsync(
        Installation installation, MemoryBlobs blobs, int size, CancellationToken cancellationToken)
    {
        Corpus corpus = new(size);
        string[] texts = [.. Enumerable.Range(0, size / ChunksOfDocument).Select(_ => corpus.Document(ChunksOfDocument, ParagraphLength))];
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Loading.Put(blobs, tenant, texts);
        long chunks = await Loading.TakeInAsync(installation, tenant, texts.Length, atATime: 4, cancellationToken);
        if (chunks != size)
        {
            throw new InvalidOperationException($"The texts make {chunks} chunks instead of {size}.");
        }

        // As autovacuum does sooner or later: statistics, and the lexical index without a pending list.
        await servers.ExecuteAsync("vacuum (analyze)", cancellationToken, tenant.Database!);
        blobs.Clear();
        return (size, tenant, [.. Enumerable.Range(0, queries).Select(_ => corpus.Fragment(texts[corpus.Next(texts.Length)]))]);
    }

    private static async Task<IReadOnlyList<Line>> MeasureAsync(
        Installation installation, HostProcess host, int size, TenantPlacement tenant, string[] asked, CancellationToken cancellationToken)
    {
        string of = $"{size:N0}";
        string connection = installation.ConnectionString(tenant);
        double weight = installation.Get<EmbeddingModel>().DenseWeight;
        using HttpClient client = host.Client(await installation.MakeKeyAsync(tenant, cancellationToken));
        SearchClient search = new(client, tenant.Id);
        await using QueryProcess hybrid = await QueryProcess.StartAsync(new(connection, QueryCommand.HybridName, weight), cancellationToken);
        await using QueryProcess plain = await QueryProcess.StartAsync(new(connection, QueryCommand.PlainName, weight), cancellationToken);
        (string Name, Func<string[], Task<double[]>> TimeAsync)[] compared =
        [
            ($"{of}: hybrid by the API", part => search.TimeAsync("hybrid", part, cancellationToken)),
            ($"{of}: hybrid, its statement alone", part => hybrid.TimeAsync(part, cancellationToken)),
            ($"{of}: plainest dense statement", part => plain.TimeAsync(part, cancellationToken)),
            ($"{of}: lexical by the API", part => search.TimeAsync("lexical", part, cancellationToken)),
            ($"{of}: dense by the API", part => search.TimeAsync("dense", part, cancellationToken)),
        ];

        Rounds rounds = new();
        await RunAsync(new Rounds(), compared, asked, cancellationToken);
        await RunAsync(rounds, compared, asked, cancellationToken);
        return
        [
            rounds.Line(compared[0].Name, compared[1].Name, mostTimes: 2),
            rounds.Line(compared[1].Name, compared[2].Name, mostTimes: 5),
            rounds.Line(compared[2].Name),
            rounds.Line(compared[3].Name),
            rounds.Line(compared[4].Name),
        ];
    }

    private static async Task RunAsync(
        Rounds rounds, (string Name, Func<string[], Task<double[]>> TimeAsync)[] compared, string[] asked, CancellationToken cancellationToken)
    {
        foreach ((int round, string[] part) in asked.Chunk(QueriesInRound).Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int i = 0; i < compared.Length; i++)
            {
                // Nobody is always the first after a change of queries.
                (string name, Func<string[], Task<double[]>> timeAsync) = compared[(round + i) % compared.Length];
                rounds.Add(name, await timeAsync(part));
            }
        }
    }
}
