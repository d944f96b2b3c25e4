using System.Globalization;
using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Takes headers, footers and page numbers off the pages of a PDF: lines at the edge of a page that stand on most pages, or on most of
/// the even or odd ones, either with the very same text or with a number that counts with the pages.
/// </summary>
internal static partial class PdfFurniture
{
    // On fewer pages nothing can be said to repeat.
    private const int MinPages = 3;

    // As many as a letterhead or a footer with an address has, within this share of what is written on the page.
    private const int EdgeLines = 4;
    private const double EdgeHeight = 0.12;
    private const int MaxCharacters = 250;
    private const int MaxNumbers = 12;

    // Part of a document may have numbers of its own, or none.
    private const string Alone = "\0alone";

    /// <summary>Removes the lines, unless that leaves nothing.</summary>
    public static void RemoveFrom(List<List<PdfLine>> pages)
    {
        var written = pages.FindAll(page => page.Exists(IsPlaced));
        var repeated = Repeated(written);
        if (repeated.Count == 0 || written.TrueForAll(page => page.TrueForAll(line => IsFurniture(line, repeated))))
        {
            return;
        }

        foreach (var page in written)
        {
            var edges = Edges(page);
            for (var i = 0; i < page.Count; i++)
            {
                if (IsPlaced(page[i]) && edges.Contains(Height(page[i])))
                {
                    page[i] = Without(page[i], repeated);
                }
            }

            page.RemoveAll(line => line.Cells.Count == 0);
        }
    }

    private static HashSet<string> Repeated(List<List<PdfLine>> pages)
    {
        if (pages.Count < MinPages)
        {
            return [];
        }

        var counts = new Dictionary<string, (int Even, int Odd)>();
        foreach (var page in pages)
        {
            var edges = Edges(page);
            foreach (var form in page.Where(line => IsPlaced(line) && edges.Contains(Height(line))).SelectMany(AllForms).Distinct())
            {
                var (even, odd) = counts.GetValueOrDefault(form);
                counts[form] = page[0].Page % 2 == 0 ? (even + 1, odd) : (even, odd + 1);
            }
        }

        var evenPages = pages.Count(page => page[0].Page % 2 == 0);
        return
        [
            .. from form in counts
               let count = form.Value
               where (count.Even + count.Odd) * 2 > pages.Count
                   || (count.Even + count.Odd >= MinPages && form.Key.StartsWith(Alone, StringComparison.Ordinal))
                   || (count.Even >= MinPages && count.Even * 2 > evenPages)
                   || (count.Odd >= MinPages && count.Odd * 2 > pages.Count - evenPages)
               select form.Key,
        ];
    }

    private static bool IsFurniture(PdfLine line, HashSet<string> repeated) => Forms(line).Any(repeated.Contains);

    // The heading of a section may stand beside the number of the page, and is kept.
    private static PdfLine Without(PdfLine line, HashSet<string> repeated) =>
        IsFurniture(line, repeated) ? line.WithCells([])
        : line.Cells.Count == 1 ? line
        : line.WithCells([.. line.Cells.Where(cell => PageNumber(line, cell) is not { } number || !repeated.Contains(number))]);

    // What was typed into form fields stands nowhere.
    private static bool IsPlaced(PdfLine line) => line.Size > 0;

    private static HashSet<double> Edges(List<PdfLine> page)
    {
        double[] heights = [.. page.Where(IsPlaced).Select(Height).Distinct().Order()];
        var edge = EdgeHeight * (heights[^1] - heights[0]);
        return
        [
            .. heights.Take(EdgeLines).Where(height => height <= heights[0] + edge),
            .. heights.TakeLast(EdgeLines).Where(height => height >= heights[^1] - edge),
        ];
    }

    private static double Height(PdfLine line) => Math.Round(line.Baseline);

    // The line as it is, and with each of its numbers as the distance from the number of the page.
    private static IEnumerable<string> Forms(PdfLine line)
    {
        var text = line.Text;
        if (text.Length > MaxCharacters)
        {
            yield break;
        }

        // A number that stands alone, and is the same everywhere, counts nothing.
        if (text.Any(char.IsLetter))
        {
            yield return text;
        }

        if (line.Cells.Count == 1 && PageNumber(line, text) is { } page)
        {
            yield return Alone + page;
        }

        var numbers = Numbers().Matches(text);
        foreach (var number in numbers.Take(numbers.Count > MaxNumbers ? 0 : MaxNumbers))
        {
            if (int.TryParse(number.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                yield return $"{text[..number.Index]}\0{value - line.Page}\0{text[(number.Index + number.Length)..]}";
            }
        }

    }

    private static IEnumerable<string> AllForms(PdfLine line) =>
        Forms(line).Concat(line.Cells.Select(cell => PageNumber(line, cell)).OfType<string>());

    // A number by itself, as the distance from the number of the page, or a Roman one.
    private static string? PageNumber(PdfLine line, string cell) =>
        Number().IsMatch(cell) ? $"\0{int.Parse(cell, CultureInfo.InvariantCulture) - line.Page}\0"
        : Roman().IsMatch(cell) ? "\0roman\0"
        : null;

    [GeneratedRegex(@"(?<![\p{Nd}.,])[0-9]{1,6}(?![\p{Nd}]|[.,]\p{Nd})")]
    private static partial Regex Numbers();

    [GeneratedRegex("^[0-9]{1,6}$")]
    private static partial Regex Number();

    [GeneratedRegex("^[ivxlc]{1,7}$")]
    private static partial Regex Roman();
}
