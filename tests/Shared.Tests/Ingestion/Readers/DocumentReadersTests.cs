using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class DocumentReadersTests
{
    [Theory]
    [InlineData("a.txt", null, "Text", "text/plain")]
    [InlineData("a.txt", "application/pdf", "<html>", "text/plain")]
    [InlineData("a.log", null, "Text", "text/plain")]
    [InlineData("a.cs", null, "class A;", "text/plain")]
    [InlineData("folder.md/a.PDF", "text/plain", "%PDF-1.4", "application/pdf")]
    [InlineData("a.pdf", null, "some lines before %PDF-1.4", "application/pdf")]
    [InlineData("a.txt", null, "%PDF-1.4", "application/pdf")]
    [InlineData("a.markdown", null, "Text", "text/markdown")]
    [InlineData("a.htm", null, "Text", "text/html")]
    [InlineData("a", "Text/HTML; charset=utf-8", "Text", "text/html")]
    [InlineData("a.unknown", "application/x-ndjson", "1", "application/jsonl")]
    [InlineData("a.tsv", "application/octet-stream", "a\tb", "text/csv")]
    [InlineData("a", "application/octet-stream", "Text", "text/plain")]
    [InlineData("a", null, " <!DOCTYPE html><p>Text", "text/html")]
    [InlineData("a", null, "{ \"a\": 1 }", "application/json")]
    [InlineData("a", null, "{\"a\": 1}\n{\"a\": 2}\n", "application/jsonl")]
    [InlineData("a", null, "[section]\na = 1", "text/plain")]
    [InlineData("a", null, "From: a@b\r\nTo: c@d\r\n\r\nText", "message/rfc822")]
    [InlineData("a", null, "Note: this is text.\nMore: of it", "text/plain")]
    [InlineData("a", null, "\u00FF\u00FEa\0b\0", "text/plain")]
    [InlineData("a.exe", null, "MZ", null)]
    [InlineData("a.png", "image/png", "\u0089PNG\r\n", null)]
    public void Type_is_told_by_unmistakable_content_then_the_name_then_the_media_type_then_the_text(
        string path, string? sent, string head, string? read) =>
        Assert.Equal(read, Files.Readers.MediaTypeOf(path, sent, Encoding.Latin1.GetBytes(head)));

    [Theory]
    [InlineData("a.pdf", null, "Hello", "The file is named .pdf, but its content is not a PDF.")]
    [InlineData("a", "application/pdf", "Hello", "The file is sent as application/pdf, but its content is not a PDF.")]
    [InlineData("a.pdf", null, "some lines before %PDF-1.4", null)]
    [InlineData("a.docx", null, "Hello", "The file is named .docx, but its content is not a Word document.")]
    [InlineData("a.pptx", null, "Hello", "The file is named .pptx, but its content is not a PowerPoint presentation.")]
    [InlineData("a.xlsx", null, "Hello", "The file is named .xlsx, but its content is not an Excel workbook.")]
    [InlineData("a.eml", null, "Hello", "The file is named .eml, but its content is not a message.")]
    [InlineData("a.docx", null, "PK\u0003\u0004", null)]
    [InlineData("a.md", null, "%PDF-1.4", null)]
    [InlineData("a.md", null, "PK\u0003\u0004", "The file is named .md, but its content is not text.")]
    [InlineData("a.html", null, "\u0001\u0002\u0003\0\0", "The file is named .html, but its content is not text.")]
    [InlineData("a.txt", null, "{\\rtf1", "The file is named .txt, but it is in Rich Text Format. Save it as .docx.")]
    [InlineData("a.txt", null, "Text", null)]
    [InlineData("a.txt", null, "", "The file is empty.")]
    [InlineData("a", null, "", "The file is empty.")]
    [InlineData("a.png", null, "\u0089PNG\r\n", "It is an image, and text in images is not read.")]
    [InlineData(
        "a.xyz",
        null,
        "\u0001\u0002\u0003\0\0",
        "Files of type .xyz are not read. These are: .md, .markdown, .html, .htm, .xhtml, .pdf, .docx, .docm, .dotx, .pptx, .pptm, .ppsx, .potx, .xlsx, "
        + ".xlsm, .xltx, .csv, .tsv, .tab, .json, .geojson, .jsonld, .jsonl, .ndjson, .eml, and plain text of all kinds, such as .txt, .log and source code.")]
    public void First_bytes_tell_why_a_file_will_not_be_read(string path, string? mediaType, string head, string? reason) =>
        Assert.Equal(reason, Files.Readers.WhyNot(path, mediaType, Encoding.Latin1.GetBytes(head)));

    [Theory]
    [InlineData("EncryptedPackage", "it is protected by a password.")]
    [InlineData("WordDocument", "it is saved in the old .doc format. Save it as .docx.")]
    [InlineData("Workbook", "it is saved in the old .xls format. Save it as .xlsx.")]
    [InlineData("PowerPoint Document", "it is saved in the old .ppt format. Save it as .pptx.")]
    [InlineData("__nameid_version1.0", "it is a message in the .msg format. Save it as .eml.")]
    [InlineData("Other", "it is protected by a password or in an old format of Office. Save it as .docx, .xlsx or .pptx, without a password.")]
    public void Old_and_encrypted_files_are_refused_with_what_to_do(string stream, string reason)
    {
        byte[] content = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[5_000], .. Encoding.Unicode.GetBytes(stream)];

        Assert.Equal($"The file is named .docx, but {reason}", Files.Refusal("a.docx", content));
    }

    [Fact]
    public void Office_document_is_read_as_what_it_is_whatever_its_name()
    {
        var content = Files.Docx(Files.Paragraph("Some text"));

        Assert.All(["a.txt", "a.xlsx", "a.bin", "a"], name => Assert.Equal("Some text", Files.Read(name, content).Text));
        Assert.Equal("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Files.Readers.MediaTypeOf("a", null, content));
    }

    [Fact]
    public void Wrong_and_large_files_are_refused_with_the_same_sentences()
    {
        Assert.Equal("The file is empty.", Files.Refusal("a.pdf", []));
        Assert.Equal("The file is named .pdf, but its content is not a PDF.", Files.Refusal("a.pdf", "Hello"u8.ToArray()));
        Assert.Equal(
            "The file is larger than 3 bytes, the most that is read.",
            Files.Refusal("a.txt", "Hello"u8.ToArray(), new IngestionOptions { MaxDocumentBytes = 3 }));
    }

    [Fact]
    public void Cancellation_is_no_refusal()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        foreach (var (name, content) in new[]
        {
            ("a.md", "text"u8.ToArray()),
            ("a.pdf", Files.Pdf([("Text", 10, 50, 700)])),
            ("a.docx", Files.Docx(Files.Paragraph("x"))),
        })
        {
            Assert.Throws<OperationCanceledException>(() => Files.Readers.Read(name, null, content, cancelled.Token));
        }
    }

    [Fact]
    public void Files_cut_short_or_with_flipped_bytes_never_end_otherwise_than_in_text_or_refusal()
    {
        var random = new Random(20);
        foreach (var (name, content) in new[]
        {
            ("a.pdf", Files.Pdf([("Some text on a page", 10, 50, 700), ("and a second line", 10, 50, 688)])),
            ("a.docx", Files.Docx(Files.Paragraph("Some text in a document", "Heading1"))),
            ("a.pptx", OfficeFiles.Pptx([OfficeFiles.Shape("Some text", "title"), OfficeFiles.Shape("more")], OfficeFiles.Notes("notes"))),
            ("a.xlsx", OfficeFiles.Xlsx([("Some", OfficeFiles.Row("text", "in") + OfficeFiles.Row("a", "sheet"))], "<si><t>x</t></si>", "<cellXfs><xf/></cellXfs>")),
            ("a.csv", "Some;text\n\"in;a\";table\n"u8.ToArray()),
            ("a.json", "{\"some\": [{\"text\": 1}, {\"in\": \"a \\u00fc file\"}]}"u8.ToArray()),
            ("a.jsonl", "{\"some\": \"text\"}\n{\"in\": [\"a\", null, 1.5e3]}"u8.ToArray()),
            ("a.eml", "From: a@b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSome text\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nTo: c@d\r\n\r\nmore\r\n--x--"u8.ToArray()),
            ("a.html", "<html><body><h1>Some</h1><p>text<table><tr><td>in</td><td>a page</td></tr></table>"u8.ToArray()),
            ("a.md", "# Some\n\n| text | in |\n|---|---|\n| a | file |\n\n- [x](y)"u8.ToArray()),
        })
        {
            for (var i = 0; i < 60; i++)
            {
                var damaged = content[..(i < 10 ? content.Length * i / 10 : i % 2 == 0 ? content.Length : random.Next(content.Length))];
                for (var flips = i < 10 ? 0 : random.Next(6); flips > 0 && damaged.Length > 0; flips--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                try
                {
                    Assert.NotEmpty(Files.Read(name, damaged).Text);
                }
                catch (UnreadableDocumentException exception)
                {
                    Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
                }
            }
        }
    }
}
