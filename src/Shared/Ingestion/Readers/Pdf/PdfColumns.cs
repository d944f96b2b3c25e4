namespace Freehold.Ingestion.Readers;

/// <summary>
/// Puts the segments of a page into reading order: where text stands in columns, one column after the other, else line
/// by line. Columns of a table are left in their rows: only columns of running text are read one by one.
/// </summary>
internal static class PdfColumns
{
    private const int MaxDepth = 12;
    private const int MaxCandidates = 16;
    private const int MinLines = 4;
    private const int MinCharactersPerLine = 15;

    /// <summary>Splits segments, in the order of their lines, into regions that are read one after the other, line by line.</summary>
    public static IEnumerable<List<PdfSegment>> Regions(List<PdfSegment> segments, int depth = 0)
    {
        if (depth == MaxDepth || FindGutter(segments) is not { } gutter)
        {
            return segments.Count == 0 ? [] : [segments];
        }

        var middle = segments[gutter.From..gutter.To];
        return Regions(segments[..gutter.From], depth + 1)
            .Concat(Regions(middle.FindAll(segment => segment.Left < gutter.X), depth + 1))
            .Concat(Regions(middle.FindAll(segment => segment.Left >= gutter.X), depth + 1))
            .Concat(Regions(segments[gutter.To..], depth + 1));
    }

    private static Gutter? FindGutter(List<PdfSegment> segments)
    {
        if (segments.Count < 2 * MinLines)
        {
            return null;
        }

        var size = segments.Select(segment => segment.Size).Order().ElementAt(segments.Count / 2);
        var leftmost = segments.Min(segment => segment.Left);
        return segments
            .Where(segment => segment.Left > leftmost + (4 * size))
            .GroupBy(segment => Math.Round(segment.Left / 3))
            .Where(edge => edge.Count() >= MinLines)
            .OrderByDescending(edge => edge.Count())
            .Take(MaxCandidates)
            .Select(edge => Widest(segments, edge.Min(segment => segment.Left) - (0.2 * size)))
            .Where(gutter => gutter is not null)
            .MaxBy(gutter => gutter!.Value.Characters);
    }

    // The longest run of lines that leave x free and have running text on both sides.
    private static Gutter? Widest(List<PdfSegment> segments, double x)
    {
        Gutter? best = null;
        var from = 0;
        Side left = default, right = default;
        for (var i = 0; i <= segments.Count; i++)
        {
            if (i < segments.Count && (segments[i].Left >= x || segments[i].Right <= x))
            {
                (segments[i].Left >= x ? ref right : ref left).Add(segments[i].Text);
                continue;
            }

            var characters = Math.Min(left.Characters, right.Characters);
            if (left.IsRunningText && right.IsRunningText && characters > (best?.Characters ?? 0))
            {
                best = new Gutter(x, from, i, characters);
            }

            from = i + 1;
            left = right = default;
        }

        return best;
    }

    private readonly record struct Gutter(double X, int From, int To, int Characters);

    private struct Side
    {
        private int _lines;
        private int _letters;

        public int Characters { get; private set; }

        public readonly bool IsRunningText =>
            _lines >= MinLines && Characters >= MinCharactersPerLine * _lines && _letters >= 0.6 * Characters;

        public void Add(string text)
        {
            _lines++;
            Characters += text.Length;
            foreach (var c in text)
            {
                _letters += char.IsLetter(c) ? 1 : 0;
            }
        }
    }
}
