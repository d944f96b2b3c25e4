using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Takes headers, footers and page numbers off the pages of a PDF: lines at the edge of a page that stand on most pages, or on most of
/// the even or odd ones, either with the very same text or with a number that counts with the pages.
/// </summary>
internal sealed partial class PdfFurniture
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

    private readonly HashSet<UInt128> _repeated;

    private PdfFurniture(HashSet<UInt128> repeated) => _repeated = repeated;

    /// <summary>Finds what repeats, unless nothing else stands there.</summary>
    public static PdfFurniture Of(IEnumerable<List<PdfLine>> pages)
    {
        var written = pages.Where(page => page.Exists(IsPlaced));
        var furniture = new PdfFurniture(Repeated(written));
        return furniture._repeated.Count > 0 && written.All(page => page.TrueForAll(furniture.Holds)) ? new([]) : furniture;
    }

    /// <summary>Removes the lines from a page, and returns it.</summary>
    public List<PdfLine> RemoveFrom(List<PdfLine> page)
    {
        if (_repeated.Count == 0 || !page.Exists(IsPlaced))
        {
            return page;
        }

        var edges = Edges(page);
        for (var i = 0; i < page.Count; i++)
        {
            if (IsPlaced(page[i]) && edges.Contains(Height(page[i])))
            {
                page[i] = Without(page[i]);
            }
        }

        page.RemoveAll(line => line.Cells.Count == 0);
        return page;
    }

    private static HashSet<UInt128> Repeated(IEnumerable<List<PdfLine>> pages)
    {
        var counts = new Dictionary<UInt128, (int Even, int Odd, bool IsAlone)>();
        var (evenPages, oddPages) = (0, 0);
        foreach (var page in pages)
        {
            var isEven = page[0].Page % 2 == 0;
            (evenPages, oddPages) = isEven ? (evenPages + 1, oddPages) : (evenPages, oddPages + 1);
            var edges = Edges(page);
            foreach (var form in page.Where(line => IsPlaced(line) && edges.Contains(Height(line))).SelectMany(AllForms).Distinct())
            {
                var (even, odd, _) = counts.GetValueOrDefault(Hash(form));
                var isAlone = form.StartsWith(Alone, StringComparison.Ordinal);
                counts[Hash(form)] = isEven ? (even + 1, odd, isAlone) : (even, odd + 1, isAlone);
            }
        }

        var all = evenPages + oddPages;
        return all < MinPages ? [] :
        [
            .. from form in counts
               let count = form.Value
               where (count.Even + count.Odd) * 2 > all
                   || (count.Even + count.Odd >= MinPages && count.IsAlone)
                   || (count.Even >= MinPages && count.Even * 2 > evenPages)
                   || (count.Odd >= MinPages && count.Odd * 2 > oddPages)
               select form.Key,
        ];
    }

    // In place of the text itself, of which there may be more on the edges of all pages than anybody wants to hold.
    private static UInt128 Hash(string form) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(form.AsSpan()));

    private bool Holds(PdfLine line) => Forms(line).Any(form => _repeated.Contains(Hash(form)));

    // The heading of a section may stand beside the number of the page, and is kept.
    private PdfLine Without(PdfLine line) =>
        Holds(line) ? line.WithCells([])
        : line.Cells.Count == 1 ? line
        : line.WithCells([.. line.Cells.Where(cell => PageNumber(line, cell) is not { } number || !_repeated.Contains(Hash(number)))]);

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
