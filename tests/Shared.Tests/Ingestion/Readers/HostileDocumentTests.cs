using System.Diagnostics;
using System.Text;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

/// <summary>Content that is made to exhaust the stack, the memory or the patience of whoever reads it.</summary>
public sealed class HostileDocumentTests
{
    private const int Deep = 100_000;

    // Without its guards a parser takes minutes for these, or ends the process.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("<div>")]
    [InlineData("<b>")]
    [InlineData("<font>")]
    [InlineData("<blockquote>")]
    [InlineData("<ul><li>")]
    [InlineData("<table><tr><td>")]
    [InlineData("<svg><style>")]
    [InlineData("<select><style><input><div>")]
    [InlineData("<p><font><a>")]
    [InlineData("<template>")]
    [InlineData("<")]
    public void Html_nested_deeply_is_read(string tags) => ReadsInTime("a.html", "<p>text</p>" + Files.Repeat(tags, Deep) + "more");

    [Fact]
    public void Html_that_grows_while_it_is_parsed_is_read() =>
        ReadsInTime("a.html", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"<p><font size={i}>text")));

    [Fact]
    public void Html_table_with_much_between_its_cells_is_read() =>
        ReadsInTime("a.html", $"<table><tr>{Files.Repeat("<td>text</td><script></script>", 60_000)}</tr></table>");

    [Theory]
    [InlineData("> ")]
    [InlineData("- ")]
    [InlineData("1. ")]
    [InlineData("[")]
    [InlineData("![")]
    [InlineData("[a](")]
    [InlineData("[a][b] ")]
    [InlineData("*a **")]
    [InlineData("`a``")]
    [InlineData("<a ")]
    [InlineData("$a ")]
    [InlineData("a <!-- ")]
    [InlineData("a <? ")]
    [InlineData("a|")]
    [InlineData("<div>\n\n")]
    [InlineData("[a]: b\n")]
    public void Markdown_nested_deeply_is_read(string marker) => ReadsInTime("a.md", Files.Repeat(marker, Deep) + "\n\ntext");

    [Fact]
    public void Markdown_table_of_one_endless_row_is_read() =>
        ReadsInTime("a.md", Files.Repeat("| a | b |\n|---|---|\n| text | text |\n", 500) + new string('|', 20_000));

    [Fact]
    public void Markdown_lists_nested_deeply_are_read() =>
        ReadsInTime("a.md", string.Join('\n', Enumerable.Range(0, 3_000).Select(i => new string(' ', 2 * i) + "- text")));

    [Theory]
    [InlineData("tbl", "tr", "tc")]
    [InlineData("sdt", "sdtContent", "customXml")]
    [InlineData("p", "r", "txbxContent")]
    public void Word_document_nested_deeply_is_read(string outer, string middle, string inner)
    {
        const int Levels = Deep / 3;
        var open = Files.Repeat($"<w:{outer}><w:{middle}><w:{inner}>", Levels);
        var close = Files.Repeat($"</w:{inner}></w:{middle}></w:{outer}>", Levels);

        // Repetition packs so well that it looks like a zip bomb before anyone sees how deep it is.
        ReadsInTime("a.docx", Files.DocxOfXml($"<w:p><w:r><w:t>text</w:t></w:r></w:p>{open}{close}"), ratio: 2_000);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("<</A ")]
    [InlineData("(")]
    [InlineData("q ")]
    [InlineData("BT ")]
    public void Pdf_nested_deeply_ends(string token)
    {
        var file = Files.PdfOfObjects(
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
            Files.PdfStream(Files.Repeat(token, Deep)));

        EndsInTime(() => Assert.StartsWith("The PDF ", Files.Refusal("a.pdf", file), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("(text) Tj 30 0 Td ", 60_000)]
    [InlineData("(text here is many words long) Tj 0 -12 Td ", 30_000)]
    [InlineData("(text here is a column) Tj 300 0 Td (and here is another one) Tj -300 -12 Td ", 20_000)]
    public void Pdf_page_of_very_many_pieces_is_read(string operations, int count) =>
        ReadsInTime("a.pdf", Page($"BT /F 10 Tf 10 700 Td {Files.Repeat(operations, count)} ET"), ratio: 200);

    [Fact]
    public void Pdf_letter_with_accents_without_end_is_read() =>
        ReadsInTime("a.pdf", Page($"BT /F 10 Tf 10 700 Td (text{new string('b', 300_000)}) Tj ET", "/Encoding<</Type/Encoding/Differences[98/uni0301]>>"), ratio: 200);

    [Fact]
    public void Pdf_of_objects_that_are_never_closed_ends_with_the_cancellation() =>
        EndsWithCancellation(Encoding.Latin1.GetBytes("%PDF-1.4\n" + Files.Repeat("1 0 obj <</Type/XRef/A(\n", 100_000) + "startxref\n9\n%%EOF"));

    [Fact]
    public void Pdf_page_of_unknown_operations_ends_with_the_cancellation() =>
        EndsWithCancellation(Page(Files.Repeat("q Q unknown ", 300_000)));

    [Theory]
    [InlineData("obj")]
    [InlineData("obj%")]
    [InlineData("%obj\n")]
    [InlineData("obj ( ")]
    public void Pdf_of_objects_that_never_begin_ends_with_the_cancellation(string text) =>
        EndsWithCancellation(Encoding.Latin1.GetBytes("%PDF-1.4\n" + Files.Repeat(text, 20_000_000 / text.Length)));

    private static void EndsWithCancellation(byte[] file)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        EndsInTime(() =>
        {
            try
            {
                Files.Readers.Read("a.pdf", null, file, limit.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or UnreadableDocumentException)
            {
            }
        });
    }

    [Fact]
    public void Pdf_of_very_many_references_is_refused() => EndsInTime(() => Assert.Contains(
        "in a circle", Files.Refusal("a.pdf", Encoding.Latin1.GetBytes("%PDF-1.4\n" + Files.Repeat("1 0 obj 1 0 R endobj\n", 60_000))), StringComparison.Ordinal));

    private static byte[] Page(string content, string font = "") => Files.PdfOfObjects(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        Files.PdfStream(content),
        $"<</Type/Font/Subtype/Type1/BaseFont/Helvetica{font}>>");

    [Fact]
    public void Pdf_that_unpacks_without_end_is_refused()
    {
        using var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(new byte[100 << 20]);
        }

        var file = Files.PdfOfObjects(
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
            Files.PdfStream(Encoding.Latin1.GetString(packed.ToArray()), "/Filter/FlateDecode"));

        Assert.Equal("The PDF unpacks to far more than a document can hold.", Files.Refusal("a.pdf", file));
    }

    private static void ReadsInTime(string name, string content) => ReadsInTime(name, Encoding.UTF8.GetBytes(content), ratio: 200);

    private static void ReadsInTime(string name, byte[] content, int ratio) =>
        EndsInTime(() => Assert.Contains("text", Files.Read(name, content, new() { MaxUnpackRatio = ratio }).Text, StringComparison.Ordinal));

    private static void EndsInTime(Action read)
    {
        var started = Stopwatch.GetTimestamp();
        read();
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Limit);
    }
}
