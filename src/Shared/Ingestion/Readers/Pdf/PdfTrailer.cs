using System.Text;
using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Gives a PDF that was cut off the trailer that it lost, which says where the document begins. The parser finds the objects
/// themselves without a table, but not that.
/// </summary>
internal static partial class PdfTrailer
{
    // An object's number stands this near before its type.
    private const int CatalogBytes = 2_000;
    private const int MaxCatalogs = 16;

    /// <summary>The file with a trailer, or null if its catalog is lost as well.</summary>
    public static byte[]? Add(ReadOnlySpan<byte> content)
    {
        var end = content.Length;
        for (var i = 0; i < MaxCatalogs && content[..end].LastIndexOf("/Catalog"u8) is >= 0 and var at; i++)
        {
            end = at;
            var before = Encoding.Latin1.GetString(content[Math.Max(0, at - CatalogBytes)..at]);
            if (Catalog().Match(before) is { Success: true } catalog)
            {
                var trailer = $"\ntrailer\n<</Size 1/Root {catalog.Groups["number"].Value} {catalog.Groups["generation"].Value} R>>\nstartxref\n0\n%%EOF\n";
                return [.. content, .. Encoding.Latin1.GetBytes(trailer)];
            }
        }

        return null;
    }

    [GeneratedRegex(@"(?<number>\d{1,9})\s+(?<generation>\d{1,5})\s+obj\b(?!.*\bobj\b).*/Type\s*$", RegexOptions.Singleline)]
    private static partial Regex Catalog();
}
