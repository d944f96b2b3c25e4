namespace Freehold.Retrieval.Evaluation;

/// <summary>A way of searching that is measured.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="DenseWeight">Weight of the dense side in mode <c>hybrid</c>; null for that of the embedding model.</param>
/// <param name="IsExtra">Whether it is one of several weights that are tried beside the mode's own.</param>
internal sealed record MeasuredWay(string Mode, double? DenseWeight = null, bool IsExtra = false);

/// <summary>What an evaluation asks the database, question by question in each of the ways.</summary>
internal sealed class EvaluationTerms
{
    /// <summary>The mode that fuses two sides.</summary>
    public const string Hybrid = "hybrid";

    private const int DefaultLimit = 50;
    private static readonly string[] AllModes = ["lexical", "dense", Hybrid];

    private readonly EvaluationRequest _request;

    /// <summary>Takes a request that was checked.</summary>
    public EvaluationTerms(EvaluationRequest request)
    {
        _request = request;
        Questions = request.Questions!;
        Ways = [.. (request.Modes ?? AllModes).SelectMany(WaysOf)];
    }

    /// <summary>The questions.</summary>
    public IReadOnlyList<JudgedQuestion> Questions { get; }

    /// <summary>The ways.</summary>
    public IReadOnlyList<MeasuredWay> Ways { get; }

    /// <summary>Searches to be made. The n-th is of question n / ways, so what disturbs the machine for a while disturbs all ways alike.</summary>
    public int Searches => Questions.Count * Ways.Count;

    /// <summary>Passages that each search answers with.</summary>
    public int Limit => _request.Limit ?? DefaultLimit;

    /// <summary>The search for a question.</summary>
    public SearchRequest Search(JudgedQuestion question, string mode) => new(
        question.Query,
        Limit,
        mode,
        Language: _request.Try?.Language,
        MaxPerDocument: _request.Try?.MaxPerDocument,
        Diversity: _request.Try?.Diversity,
        Rerank: _request.Try?.Rerank);

    /// <summary>How the evaluation is to be compared with an earlier one, with everything said that may be left out.</summary>
    public Acceptance Acceptance => new(
        _request.Accept?.MinDelta ?? -0.005,
        _request.Accept?.Metric ?? Metrics.Ndcg,
        _request.Accept?.Mode ?? (Ways.Any(way => way.Mode == Hybrid) ? Hybrid : Ways[0].Mode));

    private IEnumerable<MeasuredWay> WaysOf(string mode) => mode == Hybrid
        ? [new(mode, _request.Try?.DenseWeight), .. (_request.Try?.Weights ?? []).Select(weight => new MeasuredWay(mode, weight, IsExtra: true))]
        : [new(mode)];

    /// <summary>The metrics that a comparison can rest on.</summary>
    public static class Metrics
    {
        public const string Ndcg = "ndcg@10";
        public const string Recall = "recall@10";
        public const string ReciprocalRank = "mrr";

        public static IReadOnlyList<string> All { get; } = [Ndcg, Recall, ReciprocalRank];

        public static double Of(Score score, string metric) => metric switch
        {
            Ndcg => score.Ndcg,
            Recall => score.Recall,
            _ => score.ReciprocalRank,
        };
    }
}
