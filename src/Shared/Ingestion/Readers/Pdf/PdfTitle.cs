using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>Tells a title that a person gave a PDF from what programs leave there: file names, numbers, "Layout 1".</summary>
internal static partial class PdfTitle
{
    private const int MaxCharacters = 300;
    private const int MinWords = 2;

    /// <summary>The title, if it is one, or null.</summary>
    public static string? From(string? property) =>
        property is { Length: <= MaxCharacters }
        && Word().Count(property) >= MinWords
        && !FileName().IsMatch(property)
        && !Placeholder().IsMatch(property)
            ? property
            : null;

    [GeneratedRegex(@"(?<![\p{L}\p{Nd}_])\p{L}{2,}(?![\p{Nd}_])")]
    private static partial Regex Word();

    [GeneratedRegex(@"\.[A-Za-z][A-Za-z0-9]{1,4}\s*$|[/\\]|^Microsoft (?:Word|Excel|PowerPoint|Visio)\b", RegexOptions.IgnoreCase)]
    private static partial Regex FileName();

    [GeneratedRegex("^(?:untitled|title of|document title|powerpoint presentation|no title|unnamed)", RegexOptions.IgnoreCase)]
    private static partial Regex Placeholder();
}
