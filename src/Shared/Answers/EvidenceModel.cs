namespace Freehold.Answers;

/// <summary>
/// A logistic regression over the features of <see cref="Evidence"/>. Fitted by <c>./bench answers --fit</c> on half of the questions of
/// XQuAD, English and German, once with and once without the document that answers them; at 0.5, nine of ten of either language are declined
/// without it. What it makes of the other half: docs/decisions/0015-evidence.md.
/// </summary>
internal static class EvidenceModel
{
    private const double Intercept = -5.6341;

    // In the order of Evidence's features.
    private static readonly double[] Weights =
    [
        1.9955, 2.6212, 1.5464, 4.2404, 2.5661, 1.2940, 0.3783, -1.1234, -1.2188, -1.0429,
    ];

    /// <summary>0 to 1.</summary>
    public static double Score(IReadOnlyList<double> features)
    {
        double sum = Intercept;
        for (int i = 0; i < Weights.Length; i++)
        {
            sum += Weights[i] * features[i];
        }

        return 1 / (1 + Math.Exp(-sum));
    }
}
