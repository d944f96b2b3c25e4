using System.IO.Compression;
using System.Text;

namespace Freehold.Tests.Ingestion.Readers;

/// <summary>Makes packages of PowerPoint and Excel out of the XML of their parts.</summary>
internal static class OfficeFiles
{
    private const string Relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Namespaces = $"""
        xmlns:r="{Relationships}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
        xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"
        xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
        """;

    private const string P = $"""xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" {Namespaces}""";
    private const string S = $"""xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" {Namespaces}""";
    private const string Xdr = $"""xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" {Namespaces}""";

    /// <summary>A part: its name, its content type (the end of it), its XML, and the parts that it refers to as r1, r2 and so on.</summary>
    public sealed record Part(string Name, string Type, string Xml, params (string Kind, string Target)[] Refers);

    /// <summary>A presentation of slides that are lists of shapes; the first is shown last, so that the order of the files is not that of the slides.</summary>
    public static byte[] Pptx(string[] slides, params Part[] others) => Package(
    [
        new("ppt/presentation.xml", "presentationml.presentation.main+xml", $"""
            <p:presentation {P}><p:sldIdLst>{string.Concat(slides.Select((_, i) => $"<p:sldId id=\"{256 + i}\" r:id=\"r{slides.Length - i}\"/>"))}</p:sldIdLst></p:presentation>
            """, [.. slides.Select((_, i) => ("slide", $"slides/slide{slides.Length - i}.xml")).Reverse()]),
        .. slides.Select((shapes, i) => new Part($"ppt/slides/slide{slides.Length - i}.xml", "presentationml.slide+xml", Slide(shapes),
            [.. others.Select(other => (Kind(other.Name), $"/{other.Name}"))])),
        .. others,
    ], "ppt/presentation.xml");

    /// <summary>A text box, with a placeholder's type where it has one.</summary>
    public static string Shape(string text, string? placeholder = null) =>
        $"<p:sp><p:nvSpPr><p:nvPr>{(placeholder is null ? "" : $"<p:ph type=\"{placeholder}\"/>")}</p:nvPr></p:nvSpPr><p:txBody>{Paragraphs(text)}</p:txBody></p:sp>";

    /// <summary>Paragraphs, one a line.</summary>
    public static string Paragraphs(string text) =>
        string.Concat(text.Split('\n').Select(line => $"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>"));

    public static Part Notes(string text) => new("ppt/notesSlides/notesSlide1.xml", "presentationml.notesSlide+xml",
        $"<p:notes {P}><p:cSld><p:spTree>{Shape(text, "body")}{Shape("7", "sldNum")}</p:spTree></p:cSld></p:notes>");

    public static Part Diagram(string text) => new("ppt/diagrams/data1.xml", "drawingml.diagramData+xml",
        $"<dgm:dataModel {P}><dgm:ptLst><dgm:pt><dgm:t>{Paragraphs(text)}</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>");

    public static Part Chart(string content) => new("ppt/charts/chart1.xml", "drawingml.chart+xml", $"<c:chartSpace {Namespaces}>{content}</c:chartSpace>");

    /// <summary>A workbook of sheets: name, and rows as XML.</summary>
    public static byte[] Xlsx((string Name, string Rows)[] sheets, string strings = "", string styles = "", string properties = "", string drawing = "") => Package(
    [
        new("xl/workbook.xml", "spreadsheetml.sheet.main+xml", $"""
            <workbook {S}><workbookPr {properties}/><sheets>{string.Concat(sheets.Select((sheet, i) => $"<sheet name=\"{sheet.Name}\" sheetId=\"{i + 1}\" r:id=\"r{i + 1}\"/>"))}</sheets></workbook>
            """,
            [.. sheets.Select((_, i) => ("worksheet", $"worksheets/sheet{i + 1}.xml")), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")]),
        .. sheets.Select((sheet, i) => new Part($"xl/worksheets/sheet{i + 1}.xml", "spreadsheetml.worksheet+xml",
            $"<worksheet {S}><sheetData>{sheet.Rows}</sheetData></worksheet>", drawing.Length == 0 ? [] : [("drawing", "/xl/drawings/drawing1.xml")])),
        new("xl/sharedStrings.xml", "spreadsheetml.sharedStrings+xml", $"<sst {S}>{strings}</sst>"),
        new("xl/styles.xml", "spreadsheetml.styles+xml", $"<styleSheet {S}>{styles}</styleSheet>"),
        .. drawing.Length == 0 ? [] : (Part[])[new("xl/drawings/drawing1.xml", "drawing+xml", $"<xdr:wsDr {Xdr}>{drawing}</xdr:wsDr>")],
    ], "xl/workbook.xml");

    /// <summary>A row of text, cell by cell.</summary>
    public static string Row(params string[] cells) => $"<row>{string.Concat(cells.Select(cell => $"<c t=\"inlineStr\"><is><t>{cell}</t></is></c>"))}</row>";

    public static byte[] Package(Part[] parts, string main)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            var types = string.Concat(parts.Select(part =>
                $"<Override PartName=\"/{part.Name}\" ContentType=\"application/vnd.openxmlformats-officedocument.{part.Type}\"/>"));
            Write("[Content_Types].xml", $"""
                <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
                <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>
                """);
            Write("_rels/.rels", Rels(("officeDocument", main)));
            foreach (var part in parts)
            {
                Write(part.Name, part.Xml);
                Write($"{Path.GetDirectoryName(part.Name)}/_rels/{Path.GetFileName(part.Name)}.rels", Rels(part.Refers));
            }

            void Write(string name, string content)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open(), new UTF8Encoding(false));
                writer.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static string Slide(string shapes) => $"<p:sld {P}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>";

    private static string Kind(string name) =>
        name.Contains("notes", StringComparison.Ordinal) ? "notesSlide" : name.Contains("chart", StringComparison.Ordinal) ? "chart" : "diagramData";

    private static string Rels(params (string Kind, string Target)[] refers) =>
        $"""
        <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{string.Concat(refers.Select((refer, i) =>
            $"<Relationship Id=\"r{i + 1}\" Type=\"{Relationships}/{refer.Kind}\" Target=\"{refer.Target}\"/>"))}</Relationships>
        """;
}
