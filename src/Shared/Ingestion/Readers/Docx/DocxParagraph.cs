using System.Text;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads one paragraph of a Word document. Text boxes anchored in it follow it.</summary>
internal sealed class DocxParagraph(DocxWalker walker, DocxStyles styles, int maxCharacters)
{
    private readonly StringBuilder _text = new();
    private readonly List<DocxBlock> _boxes = [];
    private string? _style;
    private int? _level;
    private bool? _isList;

    public void Read(XmlReader reader, Action<DocxBlock> add)
    {
        ReadInline(reader);
        var level = _level ?? styles.HeadingLevel(_style);
        var kind = level > 0 ? BlockKind.Heading : _isList ?? styles.IsList(_style) ? BlockKind.ListItem : BlockKind.Paragraph;
        add(new DocxBlock(kind, _text.ToString(), level));
        _boxes.ForEach(add);
    }

    private void ReadInline(XmlReader reader) => OfficeXml.ForEachChild(reader, name => ReadInline(reader, name));

    private void ReadInline(XmlReader reader, string name)
    {
        switch (name)
        {
            case "pPr":
                ReadProperties(reader);
                break;
            case "r":
                ReadRun(reader);
                break;
            case "t":
                OfficeXml.AppendText(reader, _text, maxCharacters);
                break;
            case "tab" or "ptab":
                _text.Append('\t');
                break;
            case "br" or "cr":
                _text.Append('\n');
                break;
            case "noBreakHyphen":
                _text.Append('-');
                break;
            case "footnoteReference" or "endnoteReference":
                walker.ReferTo(name[..^"Reference".Length] + OfficeXml.Attribute(reader, "id"));
                break;
            case "txbxContent":
                walker.ReadBlocks(reader, _boxes.Add);
                break;
            case "AlternateContent":
                OfficeXml.FirstThatSays(reader, () => _text.Length + _boxes.Count, () => ReadInline(reader));
                break;
            case "num":
                ReadMarked(reader, "");
                break;
            case "den":
                ReadMarked(reader, "/");
                break;
            case "sup":
                ReadMarked(reader, "^");
                break;
            case "sub":
                ReadMarked(reader, "_");
                break;
            case "d":
                ReadDelimited(reader);
                break;
            case "rad":
                _text.Append('√');
                ReadInline(reader);
                break;
            case "naryPr":
                ReadOperator(reader);
                break;
            case "oMath" or "fName":
                ReadInline(reader);
                _text.Append(' ');
                break;
            case "del" or "moveFrom" or "delText" or "instrText" or "sdtPr" or "rPr":
                OfficeXml.Skip(reader);
                break;
            // A paragraph of a drawing.
            case "p":
                ReadInline(reader);
                _text.Append('\n');
                break;
            default:
                ReadInline(reader);
                break;
        }
    }

    private void ReadRun(XmlReader reader)
    {
        var isHidden = false;
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name == "rPr")
            {
                OfficeXml.ForEachChild(reader, property =>
                {
                    isHidden |= property == "vanish" && OfficeXml.IsOn(reader);
                    OfficeXml.Skip(reader);
                });
            }
            else if (isHidden)
            {
                OfficeXml.Skip(reader);
            }
            else
            {
                ReadInline(reader, name);
            }
        });
    }

    private void ReadProperties(XmlReader reader) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "pStyle":
                _style = OfficeXml.Attribute(reader, "val");
                break;
            case "outlineLvl":
                _level = DocxStyles.Level(reader);
                break;
            case "numPr":
                OfficeXml.ForEachChild(reader, property =>
                {
                    _isList = property == "numId" ? OfficeXml.Attribute(reader, "val") != "0" : _isList;
                    OfficeXml.Skip(reader);
                });
                break;
            default:
                OfficeXml.Skip(reader);
                break;
        }
    });

    // Parts of a formula: what is more than a number or a name is held together by parentheses.
    private void ReadMarked(XmlReader reader, string mark)
    {
        var start = _text.Length;
        ReadInline(reader);
        var part = _text.ToString(start, _text.Length - start);
        if (part.Length > 0)
        {
            _text.Length = start;
            _text.Append(mark).Append(part.All(char.IsLetterOrDigit) ? part : $"({part})");
        }
    }

    private void ReadDelimited(XmlReader reader)
    {
        var (open, close, start) = ("(", ")", _text.Length);
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name == "dPr")
            {
                OfficeXml.ForEachChild(reader, property =>
                {
                    open = property == "begChr" ? OfficeXml.Attribute(reader, "val") : open;
                    close = property == "endChr" ? OfficeXml.Attribute(reader, "val") : close;
                    OfficeXml.Skip(reader);
                });
            }
            else
            {
                ReadInline(reader, name);
            }
        });
        _text.Insert(start, open).Append(close);
    }

    private void ReadOperator(XmlReader reader)
    {
        var sign = "∫";
        OfficeXml.ForEachChild(reader, property =>
        {
            sign = property == "chr" ? OfficeXml.Attribute(reader, "val") : sign;
            OfficeXml.Skip(reader);
        });
        _text.Append(sign);
    }
}
