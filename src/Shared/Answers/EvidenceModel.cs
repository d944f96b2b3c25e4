namespace Freehold.Answers;

/// <summary>
/// A logistic regression over the features of <see cref="Evidence"/>. Fitted on half of the questions of XQuAD (English), once with and
/// once without the document that answers them, so that 0.5 is where both halves of those are judged right equally often. How to fit it
/// anew, and what it makes of the other half: docs/decisions/0015-evidence.md.
/// </summary>
internal static class EvidenceModel
{
    private const double Intercept = -4.5845;

    private static readonly double[] Weights =
    [
        0.6634, 1.4335, 0.7350, 1.7087, 0.7980, -0.8804, 0.7718, 0.0555, -0.7463, 0.6190, 0.8258, 1.0017, 0.1325, -0.1427, 0.9166, -1.0453,
        0.9233, 0.5730, 1.5274,
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
