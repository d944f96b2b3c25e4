namespace Freehold.Retrieval.Evaluation;

/// <summary>What one search of an evaluation gave.</summary>
/// <param name="Ranks">The rank at which each of what is relevant was found; 0 where it was not.</param>
/// <param name="Took">Milliseconds, less the embedding of the query.</param>
internal sealed record SearchOutcome(int[] Ranks, float Took);

/// <summary>What the searches of an evaluation gave so far, and what it makes of the questions.</summary>
internal sealed class EvaluationResults(
    EvaluationTerms terms, IReadOnlyList<MissingJudgement> missing, IReadOnlyList<SearchOutcome> outcomes)
{
    private readonly HashSet<(int Question, int Relevant)> _missing = [.. missing.Select(item => (item.Question, item.Relevant))];

    /// <summary>What was asked.</summary>
    public EvaluationTerms Terms => terms;

    /// <summary>Searches that were made.</summary>
    public int Made => outcomes.Count;

    /// <summary>Questions of which something relevant is there.</summary>
    public int Scored => terms.Questions.Index().Count(question => Present(question.Index).Any());

    /// <summary>The score of each question in a way; null where nothing relevant is there.</summary>
    public Score?[] Scores(MeasuredWay way) => [.. terms.Questions.Index().Select(question => ScoreOf(question.Index, Number(way)))];

    /// <summary>The figures of each way; empty where no question is scored.</summary>
    /// <param name="modelWeight">The embedding model's own weight.</param>
    public IReadOnlyList<RankingFigures> Figures(double? modelWeight) => Scored == 0 ? [] : [.. terms.Ways.Select(way =>
    {
        Score[] scores = [.. Scores(way).OfType<Score>()];
        return new RankingFigures(
            way.Mode,
            way.Mode == EvaluationTerms.Hybrid ? way.DenseWeight ?? modelWeight : null,
            Bootstrap.Of([.. scores.Select(score => score.Ndcg)]),
            Bootstrap.Of([.. scores.Select(score => score.Recall)]),
            Bootstrap.Of([.. scores.Select(score => score.ReciprocalRank)]),
            SearchLatency.Of(outcomes.Where((_, n) => n % terms.Ways.Count == Number(way)).Select(outcome => (double)outcome.Took)));
    })];

    /// <summary>Question by question, when all searches were made.</summary>
    public IReadOnlyList<QuestionResult> Questions() => [.. terms.Questions.Index().Select(question => new QuestionResult(
        question.Index + 1,
        question.Item.Query!,
        question.Item.Relevant!,
        [.. terms.Ways.Index().Select(way =>
        {
            Score? score = ScoreOf(question.Index, way.Index);
            return new QuestionRanking(
                way.Item.Mode,
                way.Item.DenseWeight,
                outcomes[At(question.Index, way.Index)].Ranks,
                Rounded(score?.Ndcg),
                Rounded(score?.Recall),
                Rounded(score?.ReciprocalRank));
        })]))];

    private Score? ScoreOf(int question, int way)
    {
        int[] ranks = outcomes[At(question, way)].Ranks;
        RankedGrade[] judged = [.. Present(question).Select(item => new RankedGrade(terms.Questions[question].Relevant![item].Grade, ranks[item]))];
        return judged.Length == 0 ? null : Score.Of(judged);
    }

    private IEnumerable<int> Present(int question) =>
        Enumerable.Range(0, terms.Questions[question].Relevant!.Count).Where(item => !_missing.Contains((question + 1, item + 1)));

    private int At(int question, int way) => (question * terms.Ways.Count) + way;

    private int Number(MeasuredWay way) => terms.Ways.Index().First(at => at.Item == way).Index;

    private static double? Rounded(double? value) => value is { } some ? Math.Round(some, 6) : null;
}
