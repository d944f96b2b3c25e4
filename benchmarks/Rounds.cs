namespace Freehold.Bench;

/// <summary>
/// Milliseconds of things that are compared, round by round. A round measures all of them shortly after one another, so what slows
/// the machine down for a while slows all of them down: ratios are taken within a round, and then the median of the rounds.
/// </summary>
internal sealed class Rounds
{
    private readonly Dictionary<string, List<double[]>> _rounds = [];

    public void Add(string what, double[] milliseconds)
    {
        if (!_rounds.TryGetValue(what, out List<double[]>? rounds))
        {
            _rounds[what] = rounds = [];
        }

        rounds.Add(milliseconds);
    }

    /// <summary>Median over the rounds of the rounds' medians.</summary>
    public double Median(string what) => Measure.Median(_rounds[what].Select(Measure.Median));

    /// <summary>A percentile over all measurements, since a round has too few for the high ones.</summary>
    public double Percentile(string what, double percent) => Measure.Percentile(_rounds[what].SelectMany(round => round), percent);

    /// <summary>Median over the rounds of how many times longer the one takes than the other, at a percentile.</summary>
    public double Ratio(string what, string comparedWith, double percent = 50) => Measure.Median(
        _rounds[what].Zip(_rounds[comparedWith], (one, other) => Measure.Percentile(one, percent) / Measure.Percentile(other, percent)));

    /// <summary>A line of the report with the usual figures.</summary>
    public Line Line(string what) => new Line(what)
        .With("p50 ms", Median(what)).With("p95 ms", Percentile(what, 95)).With("p99 ms", Percentile(what, 99));

    /// <summary>The same, compared with another, which it may exceed so many times.</summary>
    public Line Line(string what, string comparedWith, double mostTimes) =>
        Line(what).With("ratio", Ratio(what, comparedWith)).AtMost("ratio", mostTimes).Noting($"ratio to: {comparedWith}");
}
