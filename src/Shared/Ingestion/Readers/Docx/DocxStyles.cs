using System.Globalization;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// What the paragraph styles of a Word document mean: heading levels and list items. Built-in styles have English names
/// in the files of every language.
/// </summary>
internal sealed class DocxStyles
{
    private const int MaxInheritance = 20;

    private readonly Dictionary<string, Style> _styles = new(StringComparer.OrdinalIgnoreCase);

    public DocxStyles(XmlReader? reader)
    {
        Style? style = null;
        while (reader?.Read() == true)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            switch (reader.LocalName)
            {
                case "style" when OfficeXml.Attribute(reader, "styleId") is { } id:
                    style = new Style();
                    _styles.TryAdd(id, style);
                    break;
                case "name" when style is not null:
                    style.Level ??= LevelOf(OfficeXml.Attribute(reader, "val"));
                    break;
                case "basedOn" when style is not null:
                    style.BasedOn = OfficeXml.Attribute(reader, "val");
                    break;
                case "outlineLvl" when style is not null:
                    style.Level ??= Level(reader);
                    break;
                case "numId" when style is not null:
                    style.IsList = OfficeXml.Attribute(reader, "val") != "0";
                    break;
            }
        }
    }

    /// <summary>Level of the headings that have this style, from 1, or 0.</summary>
    public int HeadingLevel(string? id) => Inherited(id, style => style.Level) ?? LevelOf(id) ?? 0;

    /// <summary>Whether paragraphs of this style are list items.</summary>
    public bool IsList(string? id) => Inherited(id, style => style.IsList) ?? false;

    /// <summary>Reads an outline level as a heading level: 1 to 6, or 0 for body text.</summary>
    public static int Level(XmlReader reader) =>
        int.TryParse(OfficeXml.Attribute(reader, "val"), NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level < 9
            ? Math.Min(level + 1, 6)
            : 0;

    private static int? LevelOf(string? name)
    {
        if (string.Equals(name, "title", StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }

        return name?.StartsWith("heading", StringComparison.OrdinalIgnoreCase) == true
            && int.TryParse(name.AsSpan(7).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level is >= 1 and <= 9
            ? Math.Min(level, 6)
            : null;
    }

    private T? Inherited<T>(string? id, Func<Style, T?> property)
        where T : struct
    {
        for (var depth = 0; id is not null && depth < MaxInheritance && _styles.TryGetValue(id, out var style); depth++)
        {
            if (property(style) is { } value)
            {
                return value;
            }

            id = style.BasedOn;
        }

        return null;
    }

    private sealed class Style
    {
        public string? BasedOn { get; set; }

        public int? Level { get; set; }

        public bool? IsList { get; set; }
    }
}
