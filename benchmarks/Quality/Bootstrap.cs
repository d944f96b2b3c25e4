namespace Freehold.Bench.Quality;

/// <summary>The mean of a sample, and the interval that holds 95 % of the means of samples drawn from it. The same in every run.</summary>
internal sealed record Bootstrap(double Mean, double Low, double High)
{
    private const int Samples = 2_000;
    private const int Seed = 7;

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
        return new Bootstrap(values.Average(), means[(int)(Samples * 0.025)], means[(int)(Samples * 0.975)]);
    }
}
