namespace Freehold.Bench.Answers;

/// <summary>A share in percent, and the interval in which 95 of 100 resamplings of whole documents put it.</summary>
internal readonly record struct Rate(double Percent, double Low, double High)
{
    private const int Resamplings = 1_000;

    public static Rate Of(IEnumerable<(string Document, bool Holds)> cases)
    {
        (int Holding, int Count)[] documents =
            [.. cases.GroupBy(each => each.Document).Select(group => (group.Count(each => each.Holds), group.Count()))];
        if (documents.Length == 0)
        {
            return new Rate(double.NaN, double.NaN, double.NaN);
        }

        Random random = new(1);
        double[] resampled = [.. Enumerable.Range(0, Resamplings).Select(_ => Share(random.GetItems(documents, documents.Length)))];
        return new Rate(Share(documents), Measure.Percentile(resampled, 2.5), Measure.Percentile(resampled, 97.5));
    }

    private static double Share((int Holding, int Count)[] documents) =>
        100d * documents.Sum(document => document.Holding) / documents.Sum(document => document.Count);
}
