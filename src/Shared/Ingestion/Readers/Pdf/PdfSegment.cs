namespace Freehold.Ingestion.Readers;

/// <summary>A piece of a line on a page, turned upright: letters without a wide gap between them. Y grows upwards, in points.</summary>
internal sealed record PdfSegment(string Text, double Left, double Right, double Baseline, double Size)
{
    /// <summary>Number of the line it stands on, from the top of the page.</summary>
    public int Line { get; init; }

    /// <summary>Most letters reach this high.</summary>
    public double Top => Baseline + (0.7 * Size);

    /// <summary>Whether another piece overlaps its height by half, so that both stand on one line, as an exponent does.</summary>
    public bool SharesLine(PdfSegment other)
    {
        var overlap = Math.Min(Top, other.Top) - Math.Max(Baseline, other.Baseline);
        return overlap >= 0.35 * Math.Min(Size, other.Size);
    }
}
