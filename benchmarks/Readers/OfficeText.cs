using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Freehold.Bench.Readers;

/// <summary>The text elements of a Word or PowerPoint file, without comments, deleted revisions, field codes, headers and masters.</summary>
internal static class OfficeText
{
    private static readonly HashSet<string> Left = ["del", "moveFrom", "delText", "instrText", "Fallback"];
    private static readonly HashSet<string> Gaps = ["p", "tab", "br", "cr", "tc", "oMath", "num", "den", "e", "sub", "sup", "deg", "fName", "lim"];

    public static string Word(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        return Join(zip, name => name is "word/document.xml" or "word/footnotes.xml" or "word/endnotes.xml");
    }

    public static string Slides(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        return Join(zip, name => name.StartsWith("ppt/slides/slide", StringComparison.Ordinal)
            || name.StartsWith("ppt/notesSlides/notesSlide", StringComparison.Ordinal));
    }

    /// <summary>The part of that name, or null.</summary>
    public static XElement? Load(ZipArchive zip, string name)
    {
        using Stream? part = zip.GetEntry(name)?.Open();
        return part is null ? null : XDocument.Load(part, LoadOptions.PreserveWhitespace).Root;
    }

    private static string Join(ZipArchive zip, Func<string, bool> isText)
    {
        StringBuilder text = new();
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => isText(entry.FullName)))
        {
            Append(Load(zip, entry.FullName)!, text);
        }

        return text.ToString();
    }

    private static void Append(XElement element, StringBuilder text)
    {
        // Slide numbers and dates are made when the slide is shown. A deleted row is marked as such.
        if (Left.Contains(element.Name.LocalName)
            || element.Name.LocalName == "fld"
            || element.Elements().Any(child => child.Name.LocalName == "trPr" && child.Elements().Any(mark => mark.Name.LocalName == "del")))
        {
            return;
        }

        if (element.Name.LocalName == "t")
        {
            text.Append(element.Value);
            return;
        }

        foreach (XElement child in element.Elements())
        {
            Append(child, text);
        }

        text.Append(Gaps.Contains(element.Name.LocalName) ? "\n" : string.Empty);
    }
}
