using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Joins the glyphs of a page into segments. They come in the order of the page's content, which is mostly, but not
/// always, that of reading, and with or without spaces.
/// </summary>
internal static class PdfGlyphs
{
    // In units of the font size: less is kerning, more is a space.
    private const double WordGap = 0.15;

    // From here on it may be a gap between columns.
    private const double ColumnGap = 0.9;

    // Lines overlap only where columns have different line spacings, so few can be open at once.
    private const int OpenLines = 6;

    /// <summary>Makes segments, grouped by the direction that they are written in, the most used first.</summary>
    public static IEnumerable<List<PdfSegment>> Segments(IReadOnlyList<PdfGlyph> glyphs) =>
        from run in Runs(glyphs)
        group run.Segment by run.Angle into upright
        orderby upright.Sum(segment => segment.Text.Length) descending
        select JoinLines(upright);

    /// <summary>Turns a glyph upright that is drawn along a line from start to end.</summary>
    public static PdfGlyph Upright(string text, double startX, double startY, double endX, double endY, double size)
    {
        var angle = (int)Math.Round(Math.Atan2(endY - startY, endX - startX) * 180 / Math.PI);
        var (sin, cos) = angle == 0 ? (0, 1) : Math.SinCos(angle * Math.PI / 180);
        var left = (startX * cos) + (startY * sin);
        var right = (endX * cos) + (endY * sin);
        var width = Math.Abs(right - left);
        var height = size is > 0.1 and < 10_000 ? size : Math.Clamp(width * 2, 1, 10_000);
        return new(text, angle, left, left + width, (startY * cos) - (startX * sin), height);
    }

    // Glyphs that follow each other closely both in the content and on the page.
    private static List<(int Angle, PdfSegment Segment)> Runs(IReadOnlyList<PdfGlyph> glyphs)
    {
        var runs = new List<(int, PdfSegment)>();
        var text = new StringBuilder();
        PdfGlyph first = default, last = default;
        foreach (var next in glyphs)
        {
            if (text.Length > 0 && next.Angle == last.Angle && IsRepeated(last, next))
            {
                continue;
            }

            if (text.Length > 0 && next.Angle == last.Angle && Follows(last, next))
            {
                text.Append(next.Left - last.Right > WordGap * last.Size ? " " : "");
            }
            else
            {
                EndRun();
                first = next;
            }

            text.Append(next.Text);
            last = next;
        }

        EndRun();
        return runs;

        void EndRun()
        {
            if (text.Length > 0)
            {
                runs.Add((first.Angle, new(text.ToString(), first.Left, last.Right, first.Baseline, first.Size)));
                text.Clear();
            }
        }
    }

    private static bool Follows(PdfGlyph last, PdfGlyph next)
    {
        var gap = next.Left - last.Right;
        return Math.Abs(next.Baseline - last.Baseline) < 0.1 * last.Size && Math.Abs(next.Size - last.Size) < 0.1 * last.Size
            && gap < ColumnGap * last.Size && gap > -0.4 * last.Size;
    }

    // Bold print is sometimes made by printing twice, a little apart.
    private static bool IsRepeated(PdfGlyph last, PdfGlyph next) =>
        last.Text == next.Text && IsNear(last.Left, last.Right, last.Baseline, last.Size, next.Left, next.Baseline);

    private static bool IsRepeated(PdfSegment last, PdfSegment next) =>
        last.Text == next.Text && IsNear(last.Left, last.Right, last.Baseline, last.Size, next.Left, next.Baseline);

    private static bool IsNear(double left, double right, double baseline, double size, double otherLeft, double otherBaseline) =>
        Math.Abs(otherLeft - left) < 0.15 * Math.Max(right - left, 0.2 * size) && Math.Abs(otherBaseline - baseline) < 0.15 * size;

    private static List<PdfSegment> JoinLines(IEnumerable<PdfSegment> runs)
    {
        var lines = new List<(PdfSegment Core, List<PdfSegment> Runs)>();
        foreach (var run in runs.OrderByDescending(run => run.Baseline))
        {
            var at = lines.Count - 1;
            while (at >= 0 && at >= lines.Count - OpenLines && !lines[at].Core.SharesLine(run))
            {
                at--;
            }

            if (at < 0 || at < lines.Count - OpenLines)
            {
                lines.Add((run, [run]));
                continue;
            }

            // The largest letters of a line say where it stands.
            lines[at].Runs.Add(run);
            lines[at] = (run.Size > lines[at].Core.Size ? run : lines[at].Core, lines[at].Runs);
        }

        lines.Sort((a, b) => b.Core.Baseline.CompareTo(a.Core.Baseline));
        return [.. lines.SelectMany((line, number) => JoinRuns(line.Core, line.Runs, number))];
    }

    private static List<PdfSegment> JoinRuns(PdfSegment core, List<PdfSegment> runs, int line)
    {
        var joined = new List<PdfSegment>();
        var text = new StringBuilder();
        PdfSegment? segment = null, last = null;
        var longest = 0;
        foreach (var run in runs.OrderBy(run => run.Left))
        {
            if (last is not null && IsRepeated(last, run))
            {
                continue;
            }

            var size = Math.Min(core.Size, run.Size);
            if (segment is not null && run.Left - segment.Right < ColumnGap * size)
            {
                text.Append(run.Left - segment.Right > WordGap * size ? " " : "").Append(run.Text);
                segment = segment with { Right = Math.Max(segment.Right, run.Right) };
            }
            else
            {
                EndSegment();
                text.Append(run.Text);
                segment = run with { Line = line, Baseline = core.Baseline };
                longest = 0;
            }

            // One large letter does not make a heading of its line.
            segment = run.Text.Length > longest ? segment with { Size = run.Size } : segment;
            longest = Math.Max(longest, run.Text.Length);
            last = run;
        }

        EndSegment();
        return joined;

        void EndSegment()
        {
            if (segment is not null)
            {
                joined.Add(segment with { Text = PdfText.Logical(text.ToString()) });
                text.Clear();
            }
        }
    }
}
