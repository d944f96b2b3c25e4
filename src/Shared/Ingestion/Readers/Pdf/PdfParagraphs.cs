using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>Makes blocks of the lines of a PDF: headings are what is set clearly larger than most of the text.</summary>
internal sealed class PdfParagraphs(DocumentTextBuilder builder)
{
    private const double HeadingScale = 1.15;
    private const int HeadingCharacters = 200;

    // From this share of broken words on, line ends are hyphenated by rule; below, a hyphen belongs to its word.
    private const double HyphenatedLines = 0.01;

    private readonly StringBuilder _text = new();
    private double[] _headingSizes = [];
    private bool _joinsWords;

    /// <summary>Adds the blocks of a whole document, whose pages are listed twice.</summary>
    public void Add(IEnumerable<List<PdfLine>> pages)
    {
        Measure(pages);
        foreach (var lines in pages)
        {
            AddPage(lines);
        }
    }

    private void Measure(IEnumerable<List<PdfLine>> pages)
    {
        var sizes = new Dictionary<double, long>();
        var (all, hyphenated) = (0L, 0L);
        foreach (var lines in pages)
        {
            foreach (var line in lines.Where(line => line.Size > 0))
            {
                sizes[Rounded(line.Size)] = sizes.GetValueOrDefault(Rounded(line.Size)) + line.Text.Length;
            }

            all += lines.Count;
            hyphenated += lines.Zip(lines.Skip(1)).Count(pair => pair.First.IsHyphenated(pair.Second));
        }

        var bodySize = sizes.Count == 0 ? 0 : sizes.MaxBy(size => size.Value).Key;
        _headingSizes = [.. sizes.Keys.Where(size => size >= HeadingScale * bodySize).OrderDescending()];
        _joinsWords = hyphenated >= HyphenatedLines * all;
    }

    private void AddPage(List<PdfLine> lines)
    {
        for (var from = 0; from < lines.Count;)
        {
            var to = from + 1;
            while (to < lines.Count && lines[to].Region == lines[from].Region)
            {
                to++;
            }

            AddRegion(lines[from..to]);
            from = to;
        }
    }

    private void AddRegion(List<PdfLine> lines)
    {
        var spacing = LineSpacing(lines);
        var right = lines.Max(line => line.Right);
        var left = lines.Min(line => line.Left);
        for (var from = 0; from < lines.Count;)
        {
            var to = from + 1;
            if (TableEnd(lines, from, spacing) is var end && end > to)
            {
                builder.AddTable(lines[from..end].Select(line => line.Cells), lines[from].Page);
                from = end;
                continue;
            }

            while (to < lines.Count && lines[to].Cells.Count == 1 && Continues(lines, from, to, spacing, right, right - left))
            {
                to++;
            }

            AddParagraph(lines, from, to);
            from = to;
        }
    }

    private void AddParagraph(List<PdfLine> lines, int from, int to)
    {
        _text.Clear();
        for (var i = from; i < to; i++)
        {
            _text.Append(lines[i].Text);
            if (i + 1 < to && !lines[i].IsHyphenated(lines[i + 1]))
            {
                _text.Append(' ');
            }
            else if (i + 1 < to && _joinsWords)
            {
                _text.Length--;
            }
        }

        var text = _text.ToString();
        var mayBeHeading = text.Length <= HeadingCharacters && text.Any(char.IsLetter);
        var level = mayBeHeading ? Array.IndexOf(_headingSizes, Rounded(lines[from].Size)) + 1 : 0;
        var kind = level > 0 ? BlockKind.Heading : lines[from].StartsItem ? BlockKind.ListItem : BlockKind.Paragraph;
        builder.Add(kind, kind == BlockKind.ListItem ? text.TrimStart([.. PdfLine.Bullets]) : text, Math.Min(level, 6), lines[from].Page);
    }

    private static bool Continues(List<PdfLine> lines, int from, int at, double spacing, double right, double width)
    {
        var (last, next) = (lines[at - 1], lines[at]);
        var distance = last.Baseline - next.Baseline;
        var indented = next.Left > last.Left + (0.9 * next.Size) && at - 1 > from;
        var lastEnds = last.Right < right - (0.25 * width) && last.Text[^1] is '.' or '!' or '?' or ':';
        return Rounded(next.Size) == Rounded(last.Size) && distance < 1.3 * spacing && !indented && !lastEnds && !next.StartsItem;
    }

    // Rows of several cells, with a lone short line between them now and then, which names what follows.
    private static int TableEnd(List<PdfLine> lines, int from, double spacing)
    {
        var end = from;
        for (var i = from; i < lines.Count; i++)
        {
            if (i > from && lines[i - 1].Baseline - lines[i].Baseline > 2.5 * spacing)
            {
                break;
            }

            if (lines[i].Cells.Count > 1)
            {
                end = i + 1;
            }
            else if (i == from || i - end >= 1 || lines[i].Text.Length > 80)
            {
                break;
            }
        }

        return end;
    }

    private static double LineSpacing(List<PdfLine> lines)
    {
        var distances = lines
            .Zip(lines.Skip(1), (a, b) => a.Baseline - b.Baseline)
            .Where(distance => distance > 0.5 * lines[0].Size)
            .Order()
            .ToList();
        var size = lines.Average(line => line.Size);
        return distances.Count == 0 ? 1.2 * size : Math.Clamp(distances[distances.Count / 2], size, 2.5 * size);
    }

    private static double Rounded(double size) => Math.Round(size * 2) / 2;
}
