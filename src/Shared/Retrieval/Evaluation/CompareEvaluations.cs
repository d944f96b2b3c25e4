using System.Globalization;

namespace Freehold.Retrieval.Evaluation;

/// <summary>Compares an evaluation with an earlier one, question by question, and says whether it is to be accepted.</summary>
internal static class CompareEvaluations
{
    public const string Accepted = "accepted";
    public const string Refused = "refused";

    /// <summary>A smaller difference is none.</summary>
    private const double Least = 1e-6;

    private sealed record Pair(int Question, Score Then, Score Now);

    /// <summary>The comparison.</summary>
    /// <param name="against">Id of the earlier one.</param>
    /// <param name="then">The earlier one; null where it was deleted meanwhile.</param>
    /// <param name="now">This one.</param>
    public static EvaluationComparison Of(Guid against, EvaluationResults? then, EvaluationResults now)
    {
        Acceptance acceptance = now.Terms.Acceptance;
        (string metric, string decides, double least) = (acceptance.Metric!, acceptance.Mode!, acceptance.MinDelta!.Value);
        List<ModeDifference> modes = [];
        Bootstrap? deciding = null;
        foreach (MeasuredWay way in now.Terms.Ways.Where(way => !way.IsExtra))
        {
            Pair[] pairs = then is null ? [] : Pairs(then, now, way);
            if (pairs.Length > 0)
            {
                ModeDifference difference = Difference(way.Mode, metric, pairs);
                modes.Add(difference);
                deciding = way.Mode == decides ? DifferenceOf(pairs, metric) : deciding;
            }
        }

        EvaluationComparison Decide(string verdict, string reason) => new(against, metric, decides, least, verdict, reason, modes);
        if (deciding is null)
        {
            return Decide(Refused, then is null
                ? "The earlier evaluation was deleted, so there is nothing to compare with."
                : $"No question was scored in mode {decides} in the earlier evaluation as it is in this one.");
        }

        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{metric} in mode {decides} differs by {deciding.Mean:+0.0000;-0.0000;0} (95 % interval {deciding.Low:+0.0000;-0.0000;0} to {deciding.High:+0.0000;-0.0000;0}; questions compared: {modes.Single(mode => mode.Mode == decides).Questions})");
        return deciding.Mean >= least
            ? Decide(Accepted, string.Create(CultureInfo.InvariantCulture, $"{figures}, which is not less than {least}."))
            : Decide(Refused, string.Create(CultureInfo.InvariantCulture, $"{figures}, which is less than {least}."));
    }

    // The same question is one that is judged in the same way. What could be answered then and cannot now has lost all.
    private static Pair[] Pairs(EvaluationResults then, EvaluationResults now, MeasuredWay way)
    {
        if (then.Terms.Ways.FirstOrDefault(other => other.Mode == way.Mode && !other.IsExtra) is not { } former)
        {
            return [];
        }

        Dictionary<string, Score?> earlier = then.Terms.Questions.Zip(then.Scores(former), (question, score) => (Identity: question.Identity(), Score: score))
            .DistinctBy(pair => pair.Identity).ToDictionary(pair => pair.Identity, pair => pair.Score);
        return [.. now.Terms.Questions.Zip(now.Scores(way)).Index()
            .Select(at => (Number: at.Index + 1, Then: earlier.GetValueOrDefault(at.Item.First.Identity()), Now: at.Item.Second))
            .Where(pair => pair.Then is not null)
            .Select(pair => new Pair(pair.Number, pair.Then!, pair.Now ?? new Score(0, 0, 0)))];
    }

    private static ModeDifference Difference(string mode, string metric, Pair[] pairs)
    {
        QuestionDifference[] changes = [.. pairs
            .Select(pair => (pair.Question, Then: EvaluationTerms.Metrics.Of(pair.Then, metric), Now: EvaluationTerms.Metrics.Of(pair.Now, metric)))
            .Where(pair => Math.Abs(pair.Now - pair.Then) > Least)
            .Select(pair => new QuestionDifference(pair.Question, Math.Round(pair.Then, 6), Math.Round(pair.Now, 6), Math.Round(pair.Now - pair.Then, 6)))
            .OrderBy(change => change.Difference)];
        return new ModeDifference(
            mode,
            pairs.Length,
            DifferenceOf(pairs, EvaluationTerms.Metrics.Ndcg),
            DifferenceOf(pairs, EvaluationTerms.Metrics.Recall),
            DifferenceOf(pairs, EvaluationTerms.Metrics.ReciprocalRank),
            changes.Count(change => change.Difference > 0),
            changes.Count(change => change.Difference < 0),
            changes);
    }

    private static Bootstrap DifferenceOf(Pair[] pairs, string metric) =>
        Bootstrap.Of([.. pairs.Select(pair => EvaluationTerms.Metrics.Of(pair.Now, metric) - EvaluationTerms.Metrics.Of(pair.Then, metric))]);
}
