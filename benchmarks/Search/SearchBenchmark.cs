using Freehold.Ai;
using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Search;

/// <summary>
/// Search by the API, against the same statement run by the driver alone, against the plainest search for near vectors in the same
/// table, with one client and with eight; and how many searches a second there can be.
/// </summary>
internal sealed class SearchBenchmark(Servers servers, int[] sizes, int queries, TimeSpan saturation)
{
    private const int ManyClients = 8;

    /// <summary>What is taken in; beyond, the tenant grows by copies of it.</summary>
    private const int MostTakenIn = 10_000;

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
        int copies = Math.Max(0, (size / MostTakenIn) - 1);
        int takenIn = size / (copies + 1);
        string[] texts = [.. Enumerable.Range(0, takenIn / ChunksOfDocument).Select(_ => corpus.Document(ChunksOfDocument, ParagraphLength))];
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Loading.Put(blobs, tenant, texts);
        long chunks = await Loading.TakeInAsync(installation, tenant, texts.Length, atATime: 4, cancellationToken);
        if (chunks * (copies + 1) != size)
        {
            throw new InvalidOperationException($"The texts make {chunks * (copies + 1)} chunks instead of {size}.");
        }

        if (copies > 0)
        {
            await CopiedChunks.AddAsync(servers, tenant, copies, cancellationToken);
        }

        // As autovacuum does sooner or later: statistics, and the lexical index without a pending list.
        await servers.ExecuteAsync("vacuum (analyze)", cancellationToken, tenant.Database!);
        blobs.Clear();
        return (size, tenant, [.. Enumerable.Range(0, queries).Select(_ => corpus.Fragment(texts[corpus.Next(texts.Length)]))]);
    }

    private async Task<IReadOnlyList<Line>> MeasureAsync(
        Installation installation, HostProcess host, int size, TenantPlacement tenant, string[] asked, CancellationToken cancellationToken)
    {
        string of = $"{size:N0}";
        string connection = installation.ConnectionString(tenant);
        double weight = installation.Get<EmbeddingModel>().DenseWeight;
        using HttpClient client = host.Client(await installation.MakeKeyAsync(tenant, cancellationToken));
        List<Line> lines = [];
        foreach (int clients in (int[])[1, ManyClients])
        {
            string among = clients == 1 ? of : $"{of}, {clients} clients";
            SearchClient search = new(client, tenant.Id, clients);
            await using QueryProcess hybrid = await QueryProcess.StartAsync(new(connection, QueryCommand.HybridName, weight, clients), cancellationToken);
            await using QueryProcess plain = await QueryProcess.StartAsync(new(connection, QueryCommand.PlainName, weight, clients), cancellationToken);
            (string Name, Func<string[], Task<double[]>> TimeAsync)[] compared =
            [
                ($"{among}: hybrid by the API", part => search.TimeAsync("hybrid", part, cancellationToken)),
                ($"{among}: hybrid, its statement alone", part => hybrid.TimeAsync(part, cancellationToken)),
                ($"{among}: plainest dense statement", part => plain.TimeAsync(part, cancellationToken)),
                ($"{among}: lexical by the API", part => search.TimeAsync("lexical", part, cancellationToken)),
                ($"{among}: dense by the API", part => search.TimeAsync("dense", part, cancellationToken)),
            ];

            Rounds rounds = new();
            await RunAsync(new Rounds(), compared, asked, clients, cancellationToken);
            await RunAsync(rounds, compared, asked, clients, cancellationToken);
            lines.AddRange(clients == 1 ? OfOneClient(rounds, compared) : OfManyClients(rounds, compared));
        }

        lines.AddRange(await SaturateAsync(of, client, tenant, connection, asked, weight, cancellationToken));
        return lines;
    }

    private static IEnumerable<Line> OfOneClient(Rounds rounds, (string Name, Func<string[], Task<double[]>>)[] compared) =>
    [
        rounds.Line(compared[0].Name, compared[1].Name, mostTimes: 1.3),
        new Line($"{compared[0].Name}, 99th percentiles").With("ratio", Percentiles(rounds, compared[0].Name, compared[1].Name)).AtMost("ratio", 3),
        rounds.Line(compared[1].Name, compared[2].Name, mostTimes: 3),
        .. compared.Skip(2).Select(each => rounds.Line(each.Name)),
    ];

    private static IEnumerable<Line> OfManyClients(Rounds rounds, (string Name, Func<string[], Task<double[]>>)[] compared) =>
    [
        rounds.Line(compared[0].Name).With("ratio", rounds.Ratio(compared[0].Name, compared[1].Name)).Noting($"ratio to: {compared[1].Name}"),
        new Line($"{compared[0].Name}, 99th percentiles").With("ratio", Percentiles(rounds, compared[0].Name, compared[1].Name)).AtMost("ratio", 3),
        .. compared.Skip(1).Select(each => rounds.Line(each.Name)),
    ];

    private static double Percentiles(Rounds rounds, string one, string other) => rounds.Percentile(one, 99) / rounds.Percentile(other, 99);

    private async Task<IEnumerable<Line>> SaturateAsync(
        string of, HttpClient client, TenantPlacement tenant, string connection, string[] asked, double weight, CancellationToken cancellationToken)
    {
        if (saturation == TimeSpan.Zero)
        {
            return [];
        }

        // The API a time before pgbench and a time after, so that a slow spell of the machine is nobody's advantage.
        Saturation most = new(servers, ManyClients, saturation);
        double before = await most.ApiAsync(client, tenant.Id, asked, cancellationToken);
        double bare = await most.PgbenchAsync(connection, asked, weight, cancellationToken);
        double byApi = (before + await most.ApiAsync(client, tenant.Id, asked, cancellationToken)) / 2;
        return
        [
            new Line($"{of}: hybrid by the API, {ManyClients} clients").With("a second", byApi).With("ratio", byApi / bare).AtLeast("ratio", 0.7)
                .Noting($"ratio to: pgbench, {ManyClients} connections"),
            new Line($"{of}: its statement by pgbench, {ManyClients} connections").With("a second", bare),
        ];
    }

    private static async Task RunAsync(
        Rounds rounds, (string Name, Func<string[], Task<double[]>> TimeAsync)[] compared, string[] asked, int clients, CancellationToken cancellationToken)
    {
        foreach ((int round, string[] part) in asked.Chunk(QueriesInRound * clients).Index())
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
