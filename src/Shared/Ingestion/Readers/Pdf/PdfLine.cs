using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>A line of a PDF: the cells that wide gaps separate (one, outside of tables), and where it stands.</summary>
internal sealed partial record PdfLine(
    int Page, int Region, IReadOnlyList<string> Cells, double Left, double Right, double Baseline, double Size)
{
    // In units of the font size.
    private const double CellGap = 1.5;

    /// <summary>Marks of list items that say nothing but that.</summary>
    public const string Bullets = "•●○▪■◦‣–—* ";

    /// <summary>The line as text.</summary>
    public string Text { get; } = string.Join(' ', Cells);

    /// <summary>Whether a list item starts here.</summary>
    public bool StartsItem => Item().IsMatch(Text);

    /// <summary>Whether a word is cut in two at the end of this line and the beginning of the next.</summary>
    public bool IsHyphenated(PdfLine next) =>
        Text.Length > 1 && Text[^1] is '-' or '\u2010' or '\u00AD' && char.IsLetter(Text[^2]) && char.IsLower(next.Text[0]);

    /// <summary>Makes a line of the segments that stand on it, from left to right.</summary>
    public static PdfLine From(int page, int region, IReadOnlyList<PdfSegment> segments)
    {
        var parts = new List<List<string>>();
        var right = double.MinValue;
        foreach (var segment in segments)
        {
            var close = segment.Left - right < CellGap * segment.Size && !Currency().IsMatch(segment.Text);
            if (parts.Count > 0 && (close || BelongTogether(parts, segment.Text)))
            {
                parts[^1].Add(segment.Text);
            }
            else
            {
                parts.Add([segment.Text]);
            }

            right = Math.Max(right, segment.Right);
        }

        var cells = parts.ConvertAll(cell => string.Join(' ', cell));

        if (segments.Sum(segment => PdfText.IsRightToLeft(segment.Text) ? segment.Text.Length : -segment.Text.Length) > 0)
        {
            cells.Reverse();
        }

        var size = segments.MaxBy(segment => segment.Text.Length)!.Size;
        return new(page, region, cells, segments[0].Left, right, segments[0].Baseline, size);
    }

    /// <summary>Makes a line of its own, which stands nowhere in particular.</summary>
    public static PdfLine Apart(int page, int region, string text) => new(page, region, [text], 0, 0, 0, 0);

    /// <summary>The same line with some of its cells.</summary>
    public PdfLine WithCells(IReadOnlyList<string> cells) => new(Page, Region, cells, Left, Right, Baseline, Size);

    // A list's mark and its item, a currency and its amount are set apart like cells.
    private static bool BelongTogether(List<List<string>> cells, string next) =>
        (cells[^1] is [var last] && (Currency().IsMatch(last) || (cells.Count == 1 && Mark().IsMatch(last)))) || next is ")" or "%" or ")%" or "%)";

    [GeneratedRegex(@"^\(?(?:\p{Sc}|US\$|EUR|USD|GBP|CHF)$")]
    private static partial Regex Currency();

    [GeneratedRegex(@"^(?:[•●○▪■◦‣–—*]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})[.)])$")]
    private static partial Regex Mark();

    [GeneratedRegex(@"^(?:[•●○▪■◦‣–—*]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s")]
    private static partial Regex Item();
}
