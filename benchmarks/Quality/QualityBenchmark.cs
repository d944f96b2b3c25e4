using Freehold.Ai;
using Freehold.Bench.Setup;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;
using Freehold.Tests.Ai;

namespace Freehold.Bench.Quality;

/// <summary>What is measured, and how.</summary>
/// <param name="Folders">The collections.</param>
/// <param name="Vectors">Vectors in place of an embedding model; null for the default model.</param>
/// <param name="Weights">Weights of the dense side in mode <c>hybrid</c> that are measured beside the model's.</param>
/// <param name="Against">An earlier run to compare with.</param>
/// <param name="Save">Where this one is kept.</param>
internal sealed record QualityTerms(
    IReadOnlyList<DirectoryInfo> Folders, ReadyVectors? Vectors, IReadOnlyList<double> Weights, FileInfo? Against, FileInfo? Save);

/// <summary>
/// How good the rankings of judged collections are, beside BM25 computed outside of the database. Documents are taken in by the use
/// cases, and questions asked as evaluations ask them.
/// </summary>
internal sealed class QualityBenchmark(Servers servers, QualityTerms terms)
{
    private const int Limit = 50;
    private const double MostLoss = 0.005;
    private const double LeastGain = 0.01;

    /// <summary>Where BM25 is at least as good as this, there is not that much to gain.</summary>
    private const double Saturated = 0.95;
    private const string Ndcg = "nDCG@10";

    private readonly SavedRun _run = new([]);
    private readonly List<double> _gains = [];
    private readonly WeightsMeasured _weights = new(MostLoss);
    private Func<string, float[]> _embed = _ => throw new InvalidOperationException("No collection is measured.");

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        if (terms.Folders.Count == 0)
        {
            throw new InvalidOperationException("Name at least one collection with --corpus DIRECTORY.");
        }

        SavedRun? before = terms.Against is null ? null : SavedRun.Read(terms.Against);
        MemoryBlobs blobs = new();
        await using EmbeddingServer? model = terms.Vectors is null ? null : await EmbeddingServer.StartAsync(text => _embed(text));
        await using Installation installation =
            await Installation.StartAsync(servers, blobs.Client(), terms.Vectors?.Settings(model!.Endpoint) ?? [], cancellationToken);
        List<Line> lines = [];
        Dictionary<string, double> sizes = [];
        foreach (DirectoryInfo folder in terms.Folders)
        {
            JudgedCollection collection = JudgedCollection.Read(folder);
            sizes[$"{collection.Name}: documents"] = collection.Documents.Count;
            lines.AddRange(await MeasureAsync(installation, blobs, collection, cancellationToken));
        }

        if (_gains.Count > 0)
        {
            lines.Add(new Line($"hybrid less BM25, mean of those where BM25 is under {Saturated}").With(Ndcg, _gains.Average()).AtLeast(Ndcg, LeastGain));
        }

        lines.AddRange(_weights.Lines());
        lines.AddRange(before is null ? [] : _run.Since(before));
        if (terms.Save is not null)
        {
            _run.Write(terms.Save);
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
        List<Line> lines = [Describe(collection, "BM25 outside", outside)];

        _embed = terms.Vectors?.Of(collection) ?? _embed;
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Loading.Put(blobs, tenant, [.. collection.Documents.Select(document => document.Content)]);
        await Loading.TakeInAsync(installation, tenant, collection.Documents.Count, atATime: 4, cancellationToken);
        EvaluationResults results = await AskAsync(installation, tenant, collection, cancellationToken);
        terms.Vectors?.RequireAll();
        foreach (MeasuredWay way in results.Terms.Ways)
        {
            lines.Add(Describe(collection, Name(way), [.. results.Scores(way).OfType<Score>()]));
        }

        double Mean(string mode) => lines.First(line => line.What == $"{collection.Name}: {mode}").Find(Ndcg)!.Value;
        double better = Math.Max(Mean("lexical"), Mean("dense"));
        foreach ((MeasuredWay way, Line line) in results.Terms.Ways.Zip(lines.Skip(1)).Where(pair => pair.First.Mode == EvaluationTerms.Hybrid))
        {
            double weight = way.DenseWeight ?? installation.Get<EmbeddingModels>().Default.Model.DenseWeight;
            _weights.Add(weight, line.Find(Ndcg)!.Value - better);
            if (!way.IsExtra)
            {
                line.AtLeast(Ndcg, Math.Round((terms.Vectors is null ? reference : better) - MostLoss, 4));
                _gains.AddRange(terms.Vectors is null && reference < Saturated ? [line.Find(Ndcg)!.Value - reference] : []);
            }
        }

        await installation.RemoveAsync(tenant, cancellationToken);
        blobs.Clear();
        return lines;
    }

    private async Task<EvaluationResults> AskAsync(
        Installation installation, TenantPlacement tenant, JudgedCollection collection, CancellationToken cancellationToken)
    {
        EvaluationTerms asked = new(new EvaluationRequest(
            collection.Questions(), Limit: Limit, Try: terms.Weights.Count == 0 ? null : new TriedSettings(Weights: terms.Weights)));
        SearchOutcome[] outcomes = new SearchOutcome[asked.Searches];
        await Parallel.ForAsync(
            0,
            outcomes.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken },
            async (number, token) => outcomes[number] = await installation.Get<EvaluateSearch>().AskAsync(tenant, asked, number, token));
        return new EvaluationResults(asked, [], outcomes);
    }

    private Line Describe(JudgedCollection collection, string ranking, Score[] scores)
    {
        Bootstrap ndcg = Bootstrap.Of([.. scores.Select(score => score.Ndcg)]);
        string name = $"{collection.Name}: {ranking}";
        _run.Rankings[name] = collection.Queries.Zip(scores).ToDictionary(pair => pair.First.Id, pair => pair.Second.Ndcg);
        return new Line(name)
            .With(Ndcg, ndcg.Mean).With("from", ndcg.Low).With("to", ndcg.High)
            .With("Recall@10", scores.Average(score => score.Recall)).With("MRR", scores.Average(score => score.ReciprocalRank));
    }

    private static string Name(MeasuredWay way) => way.IsExtra ? FormattableString.Invariant($"{way.Mode}, weight {way.DenseWeight}") : way.Mode;
}
