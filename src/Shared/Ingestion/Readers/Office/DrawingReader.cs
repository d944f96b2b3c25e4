using System.Text;
using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads the shapes of a slide, of its notes or of a sheet, those in groups too: text, tables, diagrams and charts.</summary>
internal sealed class DrawingReader(OfficePackage package, OpenXmlPart part, int maxCharacters)
{
    private readonly List<DrawingShape> _shapes = [];

    /// <summary>Reads the shapes of the part in the order in which they are drawn.</summary>
    public IReadOnlyList<DrawingShape> Read()
    {
        using var reader = package.OpenRoot(part);
        if (reader is not null)
        {
            ReadShapes(reader);
        }

        return _shapes;
    }

    private void ReadShapes(XmlReader reader) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "sp" or "cxnSp":
                ReadShape(reader);
                break;
            case "graphicFrame":
                ReadFrame(reader);
                break;
            case "AlternateContent":
                OfficeXml.FirstThatSays(reader, () => _shapes.Count, () => ReadShapes(reader));
                break;
            case "pic" or "nvGrpSpPr" or "grpSpPr" or "extLst":
                OfficeXml.Skip(reader);
                break;
            default:
                ReadShapes(reader);
                break;
        }
    });

    private void ReadShape(XmlReader reader)
    {
        string? placeholder = null;
        var paragraphs = new List<DrawingParagraph>();
        Read(reader);
        if (paragraphs.Count > 0)
        {
            // A body's paragraphs have bullets from their layout.
            var isList = placeholder is "obj" or "body" && paragraphs.Count > 1;
            _shapes.Add(new DrawingShape(
                [.. paragraphs.Select(paragraph => paragraph with { IsListItem = paragraph.IsListItem || isList })], [], placeholder));
        }

        void Read(XmlReader inner) => OfficeXml.ForEachChild(inner, name =>
        {
            switch (name)
            {
                case "ph":
                    placeholder = OfficeXml.Attribute(reader, "type") ?? "obj";
                    break;
                case "txBody":
                    ReadParagraphs(reader, paragraphs);
                    break;
                case "spPr" or "style":
                    OfficeXml.Skip(reader);
                    break;
                default:
                    Read(reader);
                    break;
            }
        });
    }

    private void ReadFrame(XmlReader reader) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "tbl":
                var rows = new List<IReadOnlyList<FilledCell>>();
                ReadRows(reader, rows);
                _shapes.Add(new DrawingShape([], rows));
                break;
            case "chart" when Find(reader, "id") is { } chart:
                using (var content = package.OpenRoot(chart))
                {
                    if (content is not null)
                    {
                        _shapes.Add(new ChartReader(maxCharacters).Read(content));
                    }
                }

                break;
            case "relIds" when Find(reader, "dm") is { } diagram:
                using (var content = package.OpenRoot(diagram))
                {
                    if (content is not null)
                    {
                        var paragraphs = new List<DrawingParagraph>();
                        ReadParagraphs(content, paragraphs);
                        _shapes.Add(new DrawingShape([.. paragraphs.Select(paragraph => paragraph with { IsListItem = true })], []));
                    }
                }

                break;
            default:
                ReadFrame(reader);
                break;
        }
    });

    private void ReadRows(XmlReader reader, List<IReadOnlyList<FilledCell>> rows) => OfficeXml.ForEachChild(reader, name =>
    {
        if (name != "tr")
        {
            OfficeXml.Skip(reader);
            return;
        }

        var row = new List<FilledCell>();
        var column = 0;
        OfficeXml.ForEachChild(reader, cell =>
        {
            if (cell != "tc")
            {
                OfficeXml.Skip(reader);
                return;
            }

            var paragraphs = new List<DrawingParagraph>();
            ReadParagraphs(reader, paragraphs);
            row.Add(new FilledCell(column++, string.Join('\n', paragraphs.Select(paragraph => paragraph.Text))));
        });
        rows.Add(row);
    });

    private void ReadParagraphs(XmlReader reader, List<DrawingParagraph> paragraphs) => OfficeXml.ForEachChild(reader, name =>
    {
        if (name != "p")
        {
            ReadParagraphs(reader, paragraphs);
            return;
        }

        var text = new StringBuilder();
        var isListItem = false;
        ReadInline(reader, text, ref isListItem);
        if (text.Length > 0)
        {
            paragraphs.Add(new DrawingParagraph(text.ToString(), isListItem));
        }
    });

    private void ReadInline(XmlReader reader, StringBuilder text, ref bool isListItem)
    {
        var hasBullet = isListItem;
        OfficeXml.ForEachChild(reader, name =>
        {
            switch (name)
            {
                case "t":
                    OfficeXml.AppendText(reader, text, maxCharacters);
                    break;
                case "br":
                    text.Append('\n');
                    break;
                case "fld" when OfficeXml.Attribute(reader, "type") == "slidenum":
                case "rPr" or "endParaRPr":
                    OfficeXml.Skip(reader);
                    break;
                case "buChar" or "buAutoNum" or "buBlip":
                    hasBullet = true;
                    break;
                case "AlternateContent":
                    OfficeXml.FirstThatSays(reader, () => text.Length, () => ReadInline(reader, text, ref hasBullet));
                    break;
                default:
                    ReadInline(reader, text, ref hasBullet);
                    break;
            }
        });
        isListItem = hasBullet;
    }

    private OpenXmlPart? Find(XmlReader reader, string attribute) =>
        OfficeXml.Relationship(reader, attribute) is { } id && part.TryGetPartById(id, out var found) ? found : null;
}
