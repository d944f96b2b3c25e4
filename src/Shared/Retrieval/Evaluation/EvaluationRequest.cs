using System.Text.Json;

namespace Freehold.Retrieval.Evaluation;

/// <summary>Judged questions, and how they are to be searched for. docs/evaluations.md tells what each member does.</summary>
/// <param name="Questions">The questions.</param>
/// <param name="Name">What its maker calls it.</param>
/// <param name="Modes">Modes of search that are measured; by default <c>lexical</c>, <c>dense</c> and <c>hybrid</c>.</param>
/// <param name="Limit">Passages that each search answers with; 50 by default.</param>
/// <param name="Try">What is searched with other than by default.</param>
/// <param name="Against">An earlier evaluation, which this one is compared with.</param>
/// <param name="Accept">When the comparison is in favour of this one.</param>
/// <param name="Target">What is searched: <c>live</c>, the tenant's database as it is.</param>
public sealed record EvaluationRequest(
    IReadOnlyList<JudgedQuestion>? Questions,
    string? Name = null,
    IReadOnlyList<string>? Modes = null,
    int? Limit = null,
    TriedSettings? Try = null,
    Guid? Against = null,
    Acceptance? Accept = null,
    string? Target = null);

/// <summary>A question, and what answers it.</summary>
public sealed record JudgedQuestion(string? Query, IReadOnlyList<Judgement>? Relevant)
{
    /// <summary>The same for questions that are asked and judged in the same way, in whatever evaluation.</summary>
    internal string Identity() => JsonSerializer.Serialize(this, EvaluationJson.Default.JudgedQuestion);
}

/// <summary>Settings that an evaluation searches with, and nothing else does.</summary>
/// <param name="DenseWeight">Weight of the dense side in mode <c>hybrid</c>; by default that of the embedding model.</param>
/// <param name="Weights">Other such weights, each of which is measured beside it.</param>
/// <param name="Language">As in a search.</param>
/// <param name="MaxPerDocument">As in a search.</param>
/// <param name="Diversity">As in a search.</param>
/// <param name="Rerank">As in a search.</param>
public sealed record TriedSettings(
    double? DenseWeight = null,
    IReadOnlyList<double>? Weights = null,
    string? Language = null,
    int? MaxPerDocument = null,
    double? Diversity = null,
    bool? Rerank = null);

/// <summary>When an evaluation stands the comparison with an earlier one.</summary>
/// <param name="MinDelta">The least by which the metric may differ, on average over the questions; -0.005 by default.</param>
/// <param name="Metric"><c>ndcg@10</c> (default), <c>recall@10</c> or <c>mrr</c>.</param>
/// <param name="Mode">In which mode; by default <c>hybrid</c>, or the first that is measured.</param>
public sealed record Acceptance(double? MinDelta = null, string? Metric = null, string? Mode = null);
