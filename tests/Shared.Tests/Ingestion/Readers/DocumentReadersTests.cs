using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class DocumentReadersTests
{
    [Theory]
    [InlineData("a.txt", null, "text/plain")]
    [InlineData("folder.md/a.PDF", "text/plain", "application/pdf")]
    [InlineData("a.markdown", null, "text/markdown")]
    [InlineData("a.htm", null, "text/html")]
    [InlineData("a", "Text/HTML; charset=utf-8", "text/html")]
    [InlineData("a.unknown", "application/pdf", "application/pdf")]
    [InlineData("a.docx", null, "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    [InlineData("a.xlsx", "application/octet-stream", null)]
    [InlineData("a", null, null)]
    public void Type_is_told_by_the_name_first_and_the_media_type_otherwise(string path, string? sent, string? read)
    {
        Assert.Equal(read, Files.Readers.MediaTypeOf(path, sent));
        Assert.Equal(read is not null, Files.Readers.TryFind(path, sent, out _));
    }

    [Theory]
    [InlineData("a.pdf", null, "Hello", "The file is named .pdf, but its content is not a PDF.")]
    [InlineData("a", "application/pdf", "Hello", "The file is sent as application/pdf, but its content is not a PDF.")]
    [InlineData("a.pdf", null, "some lines before %PDF-1.4", null)]
    [InlineData("a.docx", null, "Hello", "The file is named .docx, but its content is not a Word document.")]
    [InlineData("a.docx", null, "PK\u0003\u0004", null)]
    [InlineData("a.md", null, "%PDF-1.4", "The file is named .md, but its content is not text.")]
    [InlineData("a.html", null, "\u0001\u0002\u0003\0\0", "The file is named .html, but its content is not text.")]
    [InlineData("a.txt", null, "Text", null)]
    [InlineData("a.txt", null, "", "The file is empty.")]
    [InlineData("a.xyz", null, "Text", "Files of type .xyz are not read. These are: .txt, .md, .markdown, .html, .htm, .pdf, .docx.")]
    [InlineData("a", null, "Text", "Files without a known type are not read. These are: .txt, .md, .markdown, .html, .htm, .pdf, .docx.")]
    public void First_bytes_tell_why_a_file_will_not_be_read(string path, string? mediaType, string head, string? reason)
    {
        Assert.Equal(reason, Files.Readers.WhyNot(path, mediaType, System.Text.Encoding.Latin1.GetBytes(head)));
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
            ("a.html", "<html><body><h1>Some</h1><p>text<table><tr><td>in</td><td>a page</td></tr></table>"u8.ToArray()),
            ("a.md", "# Some\n\n| text | in |\n|---|---|\n| a | file |\n\n- [x](y)"u8.ToArray()),
        })
        {
            for (var i = 0; i < 60; i++)
            {
                var damaged = content[..(i % 2 == 0 ? content.Length : random.Next(content.Length))];
                for (var flips = random.Next(6); flips > 0 && damaged.Length > 0; flips--)
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
