using System.Text;
using UglyToad.PdfPig.Content;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Joins the letters of a page into segments. Letters come in the order of the page's content, which is mostly, but not
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
    public static IEnumerable<List<PdfSegment>> Segments(IReadOnlyList<Letter> letters) =>
        from run in Runs(letters)
        group run.Segment by run.Angle into upright
        orderby upright.Sum(segment => segment.Text.Length) descending
        select JoinLines(upright);

    // Letters that follow each other closely both in the content and on the page.
    private static List<(int Angle, PdfSegment Segment)> Runs(IReadOnlyList<Letter> letters)
    {
        var runs = new List<(int, PdfSegment)>();
        var text = new StringBuilder();
        PdfSegment? first = null, last = null;
        var angle = 0;
        foreach (var letter in letters)
        {
            if (string.IsNullOrWhiteSpace(letter.Value))
            {
                continue;
            }

            var (nextAngle, next) = Upright(letter);
            if (last is not null && nextAngle == angle && IsRepeated(last, next))
            {
                continue;
            }

            if (last is not null && nextAngle == angle && Follows(last, next))
            {
                text.Append(next.Left - last.Right > WordGap * last.Size ? " " : "");
            }
            else
            {
                EndRun();
                first = next;
                angle = nextAngle;
            }

            text.Append(next.Text);
            last = next;
        }

        EndRun();
        return runs;

        void EndRun()
        {
            if (first is not null)
            {
                runs.Add((angle, first with { Text = text.ToString(), Right = last!.Right }));
                text.Clear();
            }
        }
    }

    private static bool Follows(PdfSegment last, PdfSegment next)
    {
        var gap = next.Left - last.Right;
        return Math.Abs(next.Baseline - last.Baseline) < 0.1 * last.Size && Math.Abs(next.Size - last.Size) < 0.1 * last.Size
            && gap < ColumnGap * last.Size && gap > -0.4 * last.Size;
    }

    // Bold print is sometimes made by printing twice, a little apart.
    private static bool IsRepeated(PdfSegment last, PdfSegment next) =>
        last.Text == next.Text && Math.Abs(next.Left - last.Left) < 0.15 * Math.Max(last.Right - last.Left, 0.2 * last.Size)
        && Math.Abs(next.Baseline - last.Baseline) < 0.15 * last.Size;

    private static (int Angle, PdfSegment Letter) Upright(Letter letter)
    {
        var (start, end) = (letter.StartBaseLine, letter.EndBaseLine);
        var (dx, dy) = (end.X - start.X, end.Y - start.Y);
        var angle = letter.TextOrientation switch
        {
            TextOrientation.Horizontal => 0,
            TextOrientation.Rotate90 => -90,
            TextOrientation.Rotate180 => 180,
            TextOrientation.Rotate270 => 90,
            _ => (int)Math.Round(Math.Atan2(dy, dx) * 180 / Math.PI),
        };
        var size = letter.PointSize is > 0.1 and < 10_000 ? letter.PointSize : Math.Clamp(letter.BoundingBox.Height, 1, 10_000);
        var (sin, cos) = angle == 0 ? (0, 1) : Math.SinCos(angle * Math.PI / 180);
        var left = (start.X * cos) + (start.Y * sin);
        var right = (end.X * cos) + (end.Y * sin);
        return (angle, new(letter.Value, Math.Min(left, right), Math.Max(left, right), (start.Y * cos) - (start.X * sin), size));
    }

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
