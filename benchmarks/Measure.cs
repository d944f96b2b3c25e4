namespace Freehold.Bench;

/// <summary>What is said of many measurements of one thing.</summary>
internal static class Measure
{
    public static double Median(IEnumerable<double> values) => Percentile(values, 50);

    /// <summary>The value that <paramref name="percent"/> of the values do not exceed; between two of them, in proportion.</summary>
    public static double Percentile(IEnumerable<double> values, double percent)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("Nothing was measured.", nameof(values));
        }

        double position = percent / 100 * (sorted.Length - 1);
        int below = (int)position;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below]));
    }
}
