using System.Globalization;
using System.Text;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>What the values in a workbook's cells mean: strings that are kept apart, and the number formats of the cells' styles.</summary>
internal sealed class XlsxValues
{
    // What a string takes in memory beside its text, in characters.
    private const int StringOverhead = 4;

    private readonly List<string> _strings = [];
    private readonly List<NumberFormat> _formats = [];
    private readonly bool _is1904;

    public XlsxValues(XmlReader? strings, XmlReader? styles, bool is1904, int maxCharacters)
    {
        _is1904 = is1904;
        if (strings is not null)
        {
            ReadStrings(strings, maxCharacters);
        }

        if (styles is not null)
        {
            ReadStyles(styles);
        }
    }

    /// <summary>The text that is shown for a value.</summary>
    public string Show(string value, string? type, string? style) => type switch
    {
        "s" => Parse(value) is { } index && index < _strings.Count ? _strings[index] : "",
        "b" => value is "1" or "true" ? "TRUE" : "FALSE",
        null or "n" => FormatOf(style).Show(value, _is1904),
        _ => value,
    };

    /// <summary>Adds the text of a string, which may be of several runs, without what tells how it is pronounced.</summary>
    public static void AppendString(XmlReader reader, StringBuilder text, int maxCharacters) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "t":
                OfficeXml.AppendText(reader, text, maxCharacters);
                break;
            case "r":
                AppendString(reader, text, maxCharacters);
                break;
            default:
                OfficeXml.Skip(reader);
                break;
        }
    });

    private NumberFormat FormatOf(string? style) =>
        Parse(style) is { } index && index < _formats.Count ? _formats[index] : NumberFormat.Of(0);

    private void ReadStrings(XmlReader reader, int maxCharacters)
    {
        long length = 0;
        var text = new StringBuilder();
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name != "si")
            {
                OfficeXml.Skip(reader);
                return;
            }

            AppendString(reader, text.Clear(), maxCharacters);
            length += text.Length + StringOverhead;
            if (length > maxCharacters)
            {
                throw DocumentTextBuilder.TooMuchText(maxCharacters);
            }

            _strings.Add(text.ToString());
        });
    }

    private void ReadStyles(XmlReader reader)
    {
        var codes = new Dictionary<int, string>();
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name is not ("numFmts" or "cellXfs"))
            {
                OfficeXml.Skip(reader);
                return;
            }

            OfficeXml.ForEachChild(reader, child =>
            {
                var id = Parse(OfficeXml.Attribute(reader, "numFmtId")) ?? 0;
                if (child == "numFmt")
                {
                    codes[id] = OfficeXml.Attribute(reader, "formatCode") ?? "";
                }
                else if (child == "xf")
                {
                    _formats.Add(codes.TryGetValue(id, out var code) ? NumberFormat.Of(code) : NumberFormat.Of(id));
                }

                OfficeXml.Skip(reader);
            });
        });
    }

    private static int? Parse(string? number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
