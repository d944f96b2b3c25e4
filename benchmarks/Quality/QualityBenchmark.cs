using System.Globalization;
using Freehold.Bench.Setup;
using Freehold.Retrieval;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;

namespace Freehold.Bench.Quality;

/// <summary>
/// How good the rankings of judged collections are, beside BM25 computed outside of the database. Documents are taken in, and
/// questions asked, by the use cases.
/// </summary>
internal sealed class QualityBenchmark(Servers servers, IReadOnlyList<DirectoryInfo> folders, FileInfo? against, FileInfo? save)
{
    private const int Limit = 50;
    private const double MostLoss = 0.005;
    private const double LeastGain = 0.01;

    /// <summary>Where BM25 is at least as good as this, there is not that much to gain.</summary>
    private const double Saturated = 0.95;
    private const string Outside = "BM25 outside";
    private static readonly string[] Modes = ["lexical", "dense", "hybrid"];

    private readonly SavedRun _run = new([]);
    private readonly List<double> _gains = [];

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        if (folders.Count == 0)
        {
            throw new InvalidOperationException("Name at least one collection with --corpus DIRECTORY.");
        }

        SavedRun? before = against is null ? null : SavedRun.Read(against);
        MemoryBlobs blobs = new();
        await using Installation installation = await Installation.StartAsync(servers, blobs.Client(), [], cancellationToken);
        List<Line> lines = [];
        Dictionary<string, double> sizes = [];
        foreach (DirectoryInfo folder in folders)
        {
            JudgedCollection collection = JudgedCollection.Read(folder);
            sizes[$"{collection.Name}: documents"] = collection.Documents.Count;
            lines.AddRange(await MeasureAsync(installation, blobs, collection, cancellationToken));
        }

        if (_gains.Count > 0)
        {
            lines.Add(new Line($"hybrid less BM25, mean of those where BM25 is under {Saturated}")
                .With("nDCG@10", _gains.Average()).AtLeast("nDCG@10", LeastGain));
        }

        lines.AddRange(before is null ? [] : _run.Since(before));
        if (save is not null)
        {
            _run.Write(save);
        }

        return new Report("quality", "Rankings of judged collections", await Machine.DescribeAsync(servers, cancellationToken), sizes, lines);
    }

    private async Task<IReadOnlyList<Line>> MeasureAsync(
        Installation installation, MemoryBlobs blobs, JudgedCollection collection, CancellationToken cancellationToken)
    {
        Report.Tell($"quality: {collection.Name}, {collection.Documents.Count:N0} documents, {collection.Queries.Count:N0} questions");
        OutsideBm25 bm25 = new(collection.Documents);
        Score[] outside = [.. collection.Queries.Select(query => Score.Of(bm25.Rank(query.Text, Limit), query.Grades))];
        double reference = outside.Average(score => score.Ndcg);
        List<Line> lines = [Describe(collection, Outside, outside)];

        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Loading.Put(blobs, tenant, [.. collection.Documents.Select(document => document.Content)]);
        await Loading.TakeInAsync(installation, tenant, collection.Documents.Count, atATime: 4, cancellationToken);
        foreach (string mode in Modes)
        {
            Line line = Describe(collection, mode, await AskAsync(installation, tenant, collection, mode, cancellationToken));
            if (mode == "hybrid")
            {
                line.AtLeast("nDCG@10", Math.Round(reference - MostLoss, 4));
                _gains.AddRange(reference < Saturated ? [line.Find("nDCG@10")!.Value - reference] : []);
            }

            lines.Add(line);
        }

        await installation.RemoveAsync(tenant, cancellationToken);
        blobs.Clear();
        return lines;
    }

    private static async Task<Score[]> AskAsync(
        Installation installation, TenantPlacement tenant, JudgedCollection collection, string mode, CancellationToken cancellationToken)
    {
        Score[] scores = new Score[collection.Queries.Count];
        await Parallel.ForEachAsync(
            collection.Queries.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken },
            async (query, token) =>
            {
                FoundPassages found = await installation.Get<SearchChunks>().RunAsync(tenant, new SearchRequest(query.Item.Text, Limit, mode), token);

                // A document stands where its best passage does.
                string[] ranking = [.. found.Passages.Select(passage => collection.Documents[Number(passage.Document)].Id).Distinct()];
                scores[query.Index] = Score.Of(ranking, query.Item.Grades);
            });
        return scores;
    }

    private Line Describe(JudgedCollection collection, string ranking, Score[] scores)
    {
        Bootstrap ndcg = Bootstrap.Of([.. scores.Select(score => score.Ndcg)]);
        string name = $"{collection.Name}: {ranking}";
        _run.Rankings[name] = collection.Queries.Zip(scores).ToDictionary(pair => pair.First.Id, pair => pair.Second.Ndcg);
        return new Line(name)
            .With("nDCG@10", ndcg.Mean).With("from", ndcg.Low).With("to", ndcg.High)
            .With("Recall@10", scores.Average(score => score.Recall)).With("MRR", scores.Average(score => score.ReciprocalRank));
    }

    private static int Number(string path) => int.Parse(path.AsSpan(0, path.IndexOf('.', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
}
