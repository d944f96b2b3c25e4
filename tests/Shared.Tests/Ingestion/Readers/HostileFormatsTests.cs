using System.Diagnostics;
using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

/// <summary>Packages, tables and messages that are made to exhaust whoever reads them.</summary>
public sealed class HostileFormatsTests
{
    private const string Bomb = "looks like a zip bomb.";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly IngestionOptions AnyRatio = new() { MaxUnpackRatio = 2_000 };

    [Fact]
    public void Packages_that_unpack_to_far_more_than_their_size_are_refused()
    {
        var spaces = new string(' ', 20 << 20);

        RefusesInTime("a.docx", Files.DocxOfXml(spaces), Bomb);
        RefusesInTime("a.pptx", OfficeFiles.Pptx([spaces]), Bomb);
        RefusesInTime("a.xlsx", OfficeFiles.Xlsx([("S", spaces)]), Bomb);
    }

    [Fact]
    public void A_slide_that_is_shown_again_and_again_counts_each_time()
    {
        var slide = OfficeFiles.Shape(new string('x', 1_000_000)) + "<!--" + new string(' ', 1_000_000) + "-->";
        var file = OfficeFiles.Package(
        [
            new("ppt/presentation.xml", "presentationml.presentation.main+xml",
                "<p:presentation xmlns:p=\"p\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><p:sldIdLst>"
                + Files.Repeat("<p:sldId r:id=\"r1\"/>", 9_000) + "</p:sldIdLst></p:presentation>", ("slide", "slides/slide1.xml")),
            new("ppt/slides/slide1.xml", "presentationml.slide+xml",
                $"<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"),
        ], "ppt/presentation.xml");

        RefusesInTime("a.pptx", file, Bomb, new() { MaxUnpackRatio = 2_000, MaxUnpackedBytes = 20 << 20 });
        RefusesInTime("a.pptx", file, "the most that is read.", AnyRatio);
    }

    [Theory]
    [InlineData("<p:grpSp>", "</p:grpSp>")]
    [InlineData("<p:sp><p:txBody><a:p>", "</a:p></p:txBody></p:sp>")]
    [InlineData("<mc:AlternateContent><mc:Choice>", "</mc:Choice></mc:AlternateContent>")]
    public void Shapes_nested_deeply_are_read(string open, string close)
    {
        const int Levels = 30_000;

        ReadsInTime("a.pptx", OfficeFiles.Pptx([OfficeFiles.Shape("text") + Files.Repeat(open, Levels) + Files.Repeat(close, Levels)]));
    }

    [Fact]
    public void Parts_that_refer_to_each_other_are_read_once()
    {
        const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        var file = OfficeFiles.Package(
        [
            new("ppt/presentation.xml", "presentationml.presentation.main+xml",
                $"<p:presentation xmlns:p=\"p\" xmlns:r=\"{Office}\"><p:sldIdLst><p:sldId r:id=\"r1\"/></p:sldIdLst></p:presentation>", ("slide", "slides/slide1.xml")),
            new("ppt/slides/slide1.xml", "presentationml.slide+xml",
                $"<p:sld xmlns:p=\"p\" xmlns:a=\"a\" xmlns:c=\"c\" xmlns:r=\"{Office}\"><p:cSld><p:spTree>{OfficeFiles.Shape("text")}<p:graphicFrame><c:chart r:id=\"r2\"/><c:chart r:id=\"r3\"/></p:graphicFrame></p:spTree></p:cSld></p:sld>",
                ("notesSlide", "../notesSlides/notesSlide1.xml"), ("slide", "slide1.xml"), ("chart", "http://127.0.0.1:9/chart.xml")),
            new("ppt/notesSlides/notesSlide1.xml", "presentationml.notesSlide+xml", "<p:notes xmlns:p=\"p\"/>", ("slide", "../slides/slide1.xml")),
        ], "ppt/presentation.xml");

        EndsInTime("a.pptx", file);
    }

    [Fact]
    public void Entities_are_not_resolved()
    {
        const string Entities = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
        var file = OfficeFiles.Package(
            [new("xl/workbook.xml", "spreadsheetml.sheet.main+xml", $"{Entities}<workbook>&a;</workbook>")], "xl/workbook.xml");

        RefusesInTime("a.xlsx", file, "damaged and could not be read.");
    }

    [Fact]
    public void Sheets_of_endless_rows_columns_and_strings_end()
    {
        ReadsInTime("a.xlsx", OfficeFiles.Xlsx([("text", Files.Repeat("<row/>", 1_000_000) + OfficeFiles.Row("x"))]));
        ReadsInTime("a.xlsx", OfficeFiles.Xlsx([("text", $"<row>{Files.Repeat("<c><v>1</v></c>", 1_000_000)}</row>")]));
        RefusesInTime(
            "a.xlsx",
            OfficeFiles.Xlsx([("S", Files.Repeat("<row><c t=\"s\"><v>0</v></c></row>", 100_000))], strings: $"<si><t>{new string('x', 100_000)}</t></si>"),
            "the most that is read.");
        RefusesInTime("a.xlsx", OfficeFiles.Xlsx([("S", "")], strings: Files.Repeat("<si/>", 9_000_000)), "the most that is read.");
    }

    [Fact]
    public void Charts_with_wild_points_are_read() => ReadsInTime("a.pptx", OfficeFiles.Pptx(
        [OfficeFiles.Shape("text") + "<p:graphicFrame><c:chart r:id=\"r1\"/></p:graphicFrame>"],
        OfficeFiles.Chart(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"<c:ser><c:val><c:pt idx=\"{i * 100_000}\"><c:v>1</c:v></c:pt></c:val></c:ser>")))));

    [Theory]
    [InlineData("a.csv", "text,")]
    [InlineData("a.csv", "text\n")]
    [InlineData("a.csv", "\"\"text")]
    [InlineData("a.csv", "text,\"")]
    [InlineData("a.json", "[[\"text\"],")]
    [InlineData("a.json", "{\"text\":")]
    [InlineData("a.jsonl", "{\"text\":1}\n")]
    [InlineData("a.eml", "From: text\r\n")]
    [InlineData("a.eml", "From: (((((")]
    [InlineData("a.eml", "From: a:b,")]
    public void Repetition_without_end_ends(string name, string piece) => EndsInTime(name, Encoding.UTF8.GetBytes(Files.Repeat(piece, 200_000)));

    [Fact]
    public void Message_of_very_many_parts_is_read() => ReadsInTime("a.eml", Encoding.UTF8.GetBytes(
        "From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + Files.Repeat("--x\r\nContent-Disposition: attachment; filename=text\r\n\r\ny\r\n", 50_000)));

    private static void ReadsInTime(string name, byte[] content) =>
        InTime(() => Assert.Contains("text", Files.Read(name, content, AnyRatio).Text, StringComparison.Ordinal));

    private static void RefusesInTime(string name, byte[] content, string reason, IngestionOptions? options = null) =>
        InTime(() => Assert.EndsWith(reason, Files.Refusal(name, content, options), StringComparison.Ordinal));

    private static void EndsInTime(string name, byte[] content) => InTime(() =>
    {
        try
        {
            Files.Read(name, content, AnyRatio);
        }
        catch (UnreadableDocumentException exception)
        {
            Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
        }
    });

    private static void InTime(Action read)
    {
        var started = Stopwatch.GetTimestamp();
        read();
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Limit);
    }
}
