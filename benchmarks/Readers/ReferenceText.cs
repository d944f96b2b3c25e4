using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Freehold.Bench.Readers;

/// <summary>What a file says, by another program or by its own XML, for the formats that have such a reference.</summary>
internal static partial class ReferenceText
{
    // Of fewer pages it cannot be said that a line repeats on most.
    private const int RepeatingPages = 3;

    /// <summary>Reads a file's reference, or returns null where there is none.</summary>
    public static async Task<string?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".pdf" => await PdfAsync(path, cancellationToken),
                ".docx" => OfficeText.Word(path),
                ".pptx" => OfficeText.Slides(path),
                ".xlsx" => SheetText.Read(path),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is InvalidDataException or System.Xml.XmlException)
        {
            return null;
        }
    }

    private static async Task<string?> PdfAsync(string path, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new("pdftotext", ["-enc", "UTF-8", path, "-"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await errors;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? string.Join('\n', WithoutRepeatedLines(text.TrimEnd('\f').Split('\f'))) : null;
    }

    // Headers and footers: lines that, but for their numbers, stand on more than half of the pages.
    private static IEnumerable<string> WithoutRepeatedLines(string[] pages)
    {
        if (pages.Length < RepeatingPages)
        {
            return pages;
        }

        HashSet<string> repeated =
        [
            .. pages.SelectMany(page => page.Split('\n').Select(Line).Distinct())
                .CountBy(line => line)
                .Where(line => line.Value * 2 > pages.Length)
                .Select(line => line.Key),
        ];
        return pages.Select(page => string.Join('\n', page.Split('\n').Where(line => !repeated.Contains(Line(line)))));

        static string Line(string line) => Numbers().Replace(line.Trim(), "0");
    }

    [GeneratedRegex(@"\p{Nd}+")]
    private static partial Regex Numbers();
}
