using System.Globalization;

namespace Freehold.Bench.Answers;

/// <summary>
/// Fits the weights of the evidence anew. The threshold is set on scores of a fit that has not seen the question's group of documents,
/// apart for English and for other languages, where nine of ten questions without their documents are declined.
/// </summary>
internal static class EvidenceFit
{
    private const int Folds = 12;
    private const double Penalty = 10;

    // Of the questions without their documents. An answer that is none costs more trust than a question that is declined.
    private const double Declined = 0.9;

    /// <summary>The model, in which 0 is the threshold.</summary>
    public static LogisticRegression Of(IReadOnlyList<Asked> asked)
    {
        // Where nothing is found, nothing is weighed.
        Asked[] weighed = [.. asked.Where(each => each.Features.Count > 0)];
        double[] scores = new double[weighed.Length];
        foreach (int fold in Enumerable.Range(0, Folds))
        {
            LogisticRegression others = Fit([.. weighed.Where(each => each.Group / 2 % Folds != fold)]);
            foreach ((int i, Asked each) in weighed.Index().Where(each => each.Item.Group / 2 % Folds == fold))
            {
                scores[i] = others.Score(each.Features);
            }
        }

        LogisticRegression all = Fit(weighed);
        (Asked Asked, double Score)[] scored = [.. weighed.Zip(scores)];
        double english = Threshold("English", [.. scored.Where(each => IsEnglish(each.Asked))]);
        double other = Threshold("other", [.. scored.Where(each => !IsEnglish(each.Asked))]);
        return new LogisticRegression(all.Intercept - other, [.. all.Weights.SkipLast(1), all.Weights[^1] - english + other]);
    }

    /// <summary>The model as it stands in the code.</summary>
    public static string ToCode(LogisticRegression model) => string.Create(
        CultureInfo.InvariantCulture,
        $"Intercept = {model.Intercept:F4}; Weights = [{string.Join(", ", model.Weights.Select(weight => weight.ToString("F4", CultureInfo.InvariantCulture)))}]");

    private static LogisticRegression Fit(Asked[] asked) =>
        LogisticRegression.Fit([.. asked.Select(each => (each.Features, each.IsThere))], Penalty);

    // The last feature says so.
    private static bool IsEnglish(Asked asked) => asked.Features[^1] > 0;

    /// <summary>The lowest threshold by which enough is declined.</summary>
    private static double Threshold(string language, (Asked Asked, double Score)[] scored)
    {
        double[] there = [.. scored.Where(each => each.Asked.IsThere).Select(each => each.Score)];
        double[] gone = [.. scored.Where(each => !each.Asked.IsThere).Select(each => each.Score).Order()];
        if (there.Length == 0 || gone.Length == 0)
        {
            return 0;
        }

        double threshold = gone[Math.Min((int)Math.Ceiling(Declined * gone.Length), gone.Length - 1)];
        Report.Tell(string.Create(
            CultureInfo.InvariantCulture,
            $"answers: cross-validated, {language}: {100d * there.Count(score => score >= threshold) / there.Length:F1} % answered, {100d * gone.Count(score => score < threshold) / gone.Length:F1} % declined"));
        return threshold;
    }
}
