namespace Freehold.Retrieval.Evaluation;

/// <summary>The mean of a sample, and the interval that holds 95 % of the means of samples drawn from it. The same in every run.</summary>
public sealed record Bootstrap(double Mean, double Low, double High)
{
    private const int Samples = 2_000;
    private const int Seed = 7;

    // More would be noise, and hard to read.
    private const int Digits = 6;

    /// <summary>Of at least one value.</summary>
    public static Bootstrap Of(IReadOnlyList<double> values)
    {
        Random random = new(Seed);
        double[] means = new double[Samples];
        for (int i = 0; i < Samples; i++)
        {
            double sum = 0;
            for (int j = 0; j < values.Count; j++)
            {
                sum += values[random.Next(values.Count)];
            }

            means[i] = sum / values.Count;
        }

        Array.Sort(means);
        return new Bootstrap(
            Math.Round(values.Average(), Digits),
            Math.Round(means[(int)(Samples * 0.025)], Digits),
            Math.Round(means[(int)(Samples * 0.975)], Digits));
    }
}
