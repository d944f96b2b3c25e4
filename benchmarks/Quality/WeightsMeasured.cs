namespace Freehold.Bench.Quality;

/// <summary>How far hybrid search is above the better of its sides, or below it, by weight and over all collections.</summary>
internal sealed class WeightsMeasured(double mostLoss)
{
    private const string Least = "least";

    private readonly Dictionary<double, List<double>> _gains = [];

    /// <summary>Takes nDCG@10 of hybrid search less the better side's, of one collection.</summary>
    public void Add(double weight, double gain) => (_gains.TryGetValue(weight, out List<double>? gains) ? gains : _gains[weight] = []).Add(gain);

    /// <summary>A line for each weight, where there is more than one; the best of those that lose nowhere too much is told.</summary>
    public IReadOnlyList<Line> Lines()
    {
        if (_gains.Count < 2)
        {
            return [];
        }

        double best = _gains.OrderByDescending(weight => weight.Value.Min() >= -mostLoss).ThenByDescending(weight => weight.Value.Average()).First().Key;
        return [.. _gains.OrderBy(weight => weight.Key).Select(weight =>
        {
            Line line = new Line(FormattableString.Invariant($"hybrid less the better side, weight {weight.Key}"))
                .With("nDCG@10", weight.Value.Average()).With(Least, weight.Value.Min()).AtLeast(Least, -mostLoss);
            return weight.Key == best ? line.Noting("the best weight") : line;
        })];
    }
}
