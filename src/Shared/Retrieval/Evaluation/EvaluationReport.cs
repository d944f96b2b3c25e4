namespace Freehold.Retrieval.Evaluation;

/// <summary>What came of an evaluation.</summary>
/// <param name="Evaluated">What was evaluated.</param>
/// <param name="Questions">Questions that were asked.</param>
/// <param name="Scored">Questions that take part in the figures: those of which something relevant is there.</param>
/// <param name="Missing">What was judged relevant and is not there. It takes no part in the figures. Not in lists.</param>
/// <param name="Rankings">The figures, for each way of searching; empty where no question is scored.</param>
/// <param name="BestDenseWeight">Of several weights in mode <c>hybrid</c>, the one with the best nDCG@10.</param>
/// <param name="Comparison">How it differs from an earlier one.</param>
public sealed record EvaluationReport(
    EvaluatedState Evaluated,
    int Questions,
    int Scored,
    IReadOnlyList<MissingJudgement>? Missing,
    IReadOnlyList<RankingFigures> Rankings,
    double? BestDenseWeight,
    EvaluationComparison? Comparison);

/// <summary>What a tenant's database held, and how it was searched.</summary>
/// <param name="Target"><c>live</c>.</param>
/// <param name="Model">The embedding model.</param>
/// <param name="SchemaVersion">The database's schema.</param>
/// <param name="Documents">Documents.</param>
/// <param name="Chunks">Their passages.</param>
/// <param name="WordsPerChunk">Words of a passage, on average.</param>
/// <param name="ChangedMeanwhile">Whether documents came, changed or went between the first search and the last.</param>
/// <param name="Limit">Passages that each search answered with.</param>
/// <param name="Tried">What was searched with other than by default.</param>
public sealed record EvaluatedState(
    string Target,
    string Model,
    int SchemaVersion,
    long Documents,
    long Chunks,
    double WordsPerChunk,
    bool ChangedMeanwhile,
    int Limit,
    TriedSettings? Tried);

/// <summary>How good the rankings of one way of searching are, with intervals of 95 %.</summary>
public sealed record RankingFigures(
    string Mode, double? DenseWeight, Bootstrap NdcgAt10, Bootstrap RecallAt10, Bootstrap Mrr, SearchLatency Latency);

/// <summary>Milliseconds that searches took, less the embedding of their queries, whose vectors are remembered between them.</summary>
public sealed record SearchLatency(double P50, double P95, double P99)
{
    /// <summary>Of at least one search.</summary>
    internal static SearchLatency Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        double At(double share) => Math.Round(sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * share)], 2);
        return new SearchLatency(At(0.5), At(0.95), At(0.99));
    }
}

/// <summary>How an evaluation differs from an earlier one, over the questions that are the same in both and were scored in the earlier one.</summary>
/// <param name="Against">The earlier one.</param>
/// <param name="Metric">The metric that decides.</param>
/// <param name="Mode">The mode that decides.</param>
/// <param name="MinDelta">The least difference that is accepted.</param>
/// <param name="Verdict"><c>accepted</c> or <c>refused</c>.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Modes">The differences, for each mode that both measured. Not in lists.</param>
public sealed record EvaluationComparison(
    Guid Against, string Metric, string Mode, double MinDelta, string Verdict, string Reason, IReadOnlyList<ModeDifference>? Modes);

/// <summary>How the rankings of a mode differ: now less then, with intervals of 95 %.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Questions">Questions that are compared.</param>
/// <param name="NdcgAt10">Difference of nDCG@10.</param>
/// <param name="RecallAt10">Difference of Recall@10.</param>
/// <param name="Mrr">Difference of the reciprocal rank.</param>
/// <param name="Gained">Questions that are better by the metric that decides.</param>
/// <param name="Lost">Questions that are worse.</param>
/// <param name="Changes">Each of these, worst first.</param>
public sealed record ModeDifference(
    string Mode,
    int Questions,
    Bootstrap NdcgAt10,
    Bootstrap RecallAt10,
    Bootstrap Mrr,
    int Gained,
    int Lost,
    IReadOnlyList<QuestionDifference> Changes);

/// <summary>By how much a question's metric differs.</summary>
public sealed record QuestionDifference(int Question, double Then, double Now, double Difference);

/// <summary>How one question was answered, in each of the ways of searching.</summary>
/// <param name="Number">The question's number, from 1.</param>
/// <param name="Query">What was asked.</param>
/// <param name="Relevant">What answers it.</param>
/// <param name="Rankings">The ways.</param>
public sealed record QuestionResult(int Number, string Query, IReadOnlyList<Judgement> Relevant, IReadOnlyList<QuestionRanking> Rankings);

/// <summary>How one question was answered in one way.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="DenseWeight">The weight that was tried, if one was.</param>
/// <param name="Ranks">Where each of what is relevant stood, in its order; 0 where it was not found.</param>
/// <param name="NdcgAt10">nDCG@10; none where nothing relevant is there.</param>
/// <param name="RecallAt10">Recall@10.</param>
/// <param name="ReciprocalRank">1 / rank of the first that is relevant.</param>
public sealed record QuestionRanking(
    string Mode, double? DenseWeight, IReadOnlyList<int> Ranks, double? NdcgAt10, double? RecallAt10, double? ReciprocalRank);
