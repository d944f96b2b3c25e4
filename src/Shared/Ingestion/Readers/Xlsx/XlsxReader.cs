using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads a workbook sheet by sheet, hidden ones too: the sheet's name is a heading, then come its rows as a table whose first row is repeated
/// (<see cref="TableBlocks"/>), then what its drawings and charts say. Formulas are not evaluated: the file holds their results.
/// </summary>
internal sealed class XlsxReader(IngestionOptions options) : IDocumentReader
{
    private const int HeadingLevel = 2;

    public string MediaType => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    public IReadOnlyList<string> Extensions { get; } = [".xlsx", ".xlsm", ".xltx"];

    public string Name => "Excel workbook";

    public string? WhyNot(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8) ? null : "its content is not an Excel workbook.";

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        WorkbookPart? part = null;
        using var package = new OfficePackage(content, options, Name, stream =>
        {
            var document = SpreadsheetDocument.Open(stream, isEditable: false);
            part = document.WorkbookPart;
            return document;
        }, cancellationToken);
        using var reader = package.OpenRoot(part) ?? throw new UnreadableDocumentException("The file is a zip archive, but no Excel workbook.");
        var (sheets, is1904) = ReadWorkbook(reader);
        if (sheets.Count > options.MaxPages)
        {
            throw new UnreadableDocumentException($"The Excel workbook has more than {options.MaxPages:N0} sheets, the most that are read.");
        }

        using var strings = package.OpenRoot(part!.SharedStringTablePart);
        using var styles = package.OpenRoot(part.WorkbookStylesPart);
        var values = new XlsxValues(strings, styles, is1904, options.MaxExtractedCharacters);
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        foreach (var (name, id) in sheets)
        {
            if (part.TryGetPartById(id, out var sheet))
            {
                AddSheet(builder, package, sheet, name, values);
            }
        }

        return builder.Build(package.Title);
    }

    private void AddSheet(DocumentTextBuilder builder, OfficePackage package, OpenXmlPart sheet, string name, XlsxValues values)
    {
        var isNamed = false;
        using (var reader = sheet is WorksheetPart ? package.OpenRoot(sheet) : null)
        {
            if (reader is not null)
            {
                new XlsxSheet(values, options.MaxExtractedCharacters).Read(reader, builder, AddName);
            }
        }

        DrawingsPart? drawings = (sheet as WorksheetPart)?.DrawingsPart ?? (sheet as ChartsheetPart)?.DrawingsPart;
        foreach (var shape in drawings is null ? [] : new DrawingReader(package, drawings, options.MaxExtractedCharacters).Read())
        {
            AddName();
            shape.AddTo(builder);
        }

        // A sheet that says nothing has no heading either.
        void AddName()
        {
            if (!isNamed)
            {
                builder.Add(BlockKind.Heading, name, HeadingLevel);
                isNamed = true;
            }
        }
    }

    private static (List<(string Name, string Id)> Sheets, bool Is1904) ReadWorkbook(XmlReader reader)
    {
        var sheets = new List<(string, string)>();
        var is1904 = false;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            if (reader.LocalName == "sheet" && OfficeXml.Relationship(reader, "id") is { } id)
            {
                sheets.Add((OfficeXml.Attribute(reader, "name") ?? "", id));
            }
            else if (reader.LocalName == "workbookPr")
            {
                is1904 = OfficeXml.Attribute(reader, "date1904") is "1" or "true" or "on";
            }
        }

        return (sheets, is1904);
    }
}
