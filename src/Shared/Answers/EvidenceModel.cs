namespace Freehold.Answers;

/// <summary>A logistic regression over the features of <see cref="Evidence"/>.</summary>
internal static class EvidenceModel
{
    private const double Intercept = 0;

    private static readonly double[] Weights = new double[19];

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
