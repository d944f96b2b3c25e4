using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Freehold.Bench.Readers;

/// <summary>The cells of an Excel file: texts, and values without a format of their own, since a date or a percentage is shown as another text.</summary>
internal static class SheetText
{
    public static string Read(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        string[] shared = [.. Named(OfficeText.Load(zip, "xl/sharedStrings.xml"), "si").Select(Text)];
        bool[] formatted = [.. Named(OfficeText.Load(zip, "xl/styles.xml"), "cellXfs").Elements().Select(style => (string?)style.Attribute("numFmtId") is not (null or "0"))];
        StringBuilder text = new();
        foreach (ZipArchiveEntry sheet in zip.Entries.Where(entry => entry.FullName.StartsWith("xl/worksheets/sheet", StringComparison.Ordinal)))
        {
            foreach (XElement cell in Named(OfficeText.Load(zip, sheet.FullName), "c"))
            {
                text.Append(Value(cell, shared, formatted)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Value(XElement cell, string[] shared, bool[] formatted)
    {
        string value = Named(cell, "v").FirstOrDefault()?.Value ?? string.Empty;
        switch ((string?)cell.Attribute("t"))
        {
            case "s":
                return shared[int.Parse(value, CultureInfo.InvariantCulture)];
            case "inlineStr":
                return Text(cell);
            case "str" or "e":
                return value;
            case "b":
                return string.Empty;
        }

        int style = (int?)cell.Attribute("s") ?? 0;
        bool plain = style >= formatted.Length || !formatted[style];
        return plain && double.TryParse(value, CultureInfo.InvariantCulture, out double number)
            ? number.ToString("G15", CultureInfo.InvariantCulture)
            : string.Empty;
    }

    // Without the reading aids of East Asian scripts.
    private static string Text(XElement element) =>
        string.Concat(Named(element, "t").Where(text => text.Parent!.Name.LocalName != "rPh").Select(text => text.Value));

    private static IEnumerable<XElement> Named(XElement? root, string name) => root?.Descendants().Where(element => element.Name.LocalName == name) ?? [];
}
