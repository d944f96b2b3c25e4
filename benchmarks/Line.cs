using System.Globalization;

namespace Freehold.Bench;

/// <summary>One line of a report: what was measured, its figures, and what is required of them, if anything.</summary>
internal sealed class Line(string what)
{
    private readonly List<KeyValuePair<string, double>> _figures = [];

    public string What { get; } = what;

    /// <summary>Figures by name, in the order in which they are shown.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Figures => _figures;

    /// <summary>What is required, in words, all of it together; null where nothing is.</summary>
    public string? Required { get; private set; }

    public bool? Holds { get; private set; }

    /// <summary>What else is to be known of it.</summary>
    public string? Note { get; private set; }

    public Line With(string figure, double value)
    {
        _figures.Add(new(figure, value));
        return this;
    }

    /// <summary>The figure of that name, or null.</summary>
    public double? Find(string figure) => _figures.Where(each => each.Key == figure).Select(each => (double?)each.Value).FirstOrDefault();

    public Line Noting(string note)
    {
        Note = note;
        return this;
    }

    public Line AtMost(string figure, double limit) => Require(figure, '≤', limit, value => value <= limit);

    public Line AtLeast(string figure, double limit) => Require(figure, '≥', limit, value => value >= limit);

    private Line Require(string figure, char sign, double limit, Func<double, bool> holds)
    {
        string required = string.Create(CultureInfo.InvariantCulture, $"{figure} {sign} {limit}");
        Required = Required is null ? required : $"{Required}, {required}";
        Holds = holds(Find(figure)!.Value) && Holds != false;
        return this;
    }
}
