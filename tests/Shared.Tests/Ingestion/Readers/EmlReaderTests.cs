using System.Text;
using MimeKit;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class EmlReaderTests
{
    [Fact]
    public void Headers_body_and_attachments_are_read()
    {
        var body = new Multipart("mixed")
        {
            new MultipartAlternative { new TextPart("plain") { Text = "Hello Bob,\n\nsee below." }, new TextPart("html") { Text = "<p>Hello twice" } },
            Attachment("plan.md", "text/markdown", "# Plan\n\nDo it."),
            Attachment("photo.png", "image/png", "\u0089PNG\r\n"),
            Attachment("old.xls", "application/octet-stream", "\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1"),
        };

        var document = Files.Read("a.eml", Message("Grüße aus Wien", body));

        Assert.Equal("Grüße aus Wien", document.Title);
        Assert.Equal(
            [
                "Paragraph: From: \"Ännie\" <ann@example.org>\nTo: bob@example.org\nDate: 2024-05-06 07:08:09 +02:00\nSubject: Grüße aus Wien",
                "Paragraph: Hello Bob,", "Paragraph: see below.", "Heading2: plan.md", "Heading3: Plan", "Paragraph: Do it.",
                "Paragraph: (attachment photo.png was not read: it is an image, and text in images is not read)",
                "Paragraph: (attachment old.xls was not read: it is protected by a password or in an old format of Office. Save it as .docx, .xlsx or .pptx, without a password)",
            ],
            document.Outline());
    }

    [Fact]
    public void Html_is_read_where_there_is_no_plain_text_and_pictures_in_it_are_not_mentioned()
    {
        var related = new MultipartRelated { Attachment("logo.png", "image/png", "\u0089PNG") };
        related.Root = new TextPart("html") { Text = "<h1>News</h1><p>Some text<script>no()</script>" };

        Assert.Equal(
            ["Heading2: News", "Paragraph: Some text"],
            Files.Read("a.eml", Message("x", new MultipartAlternative { new TextPart("plain") { Text = " " }, related })).Outline()[1..]);
    }

    [Fact]
    public void Messages_in_messages_are_read_to_a_depth()
    {
        var message = Parse(Message("Innermost", new TextPart("plain") { Text = "Core text" }));
        for (var i = 0; i < 4; i++)
        {
            message = Parse(Message($"Level {i}", new Multipart("mixed") { new TextPart("plain") { Text = $"Text {i}" }, new MessagePart { Message = message } }));
        }

        var file = Bytes(message);

        Assert.Contains("Core text", Files.Read("a.eml", file).Text, StringComparison.Ordinal);
        var shallow = Files.Read("a.eml", file, new() { MaxAttachedMessages = 2 }).Text;
        Assert.Contains("Text 1", shallow, StringComparison.Ordinal);
        Assert.DoesNotContain("Text 0", shallow, StringComparison.Ordinal);
        Assert.EndsWith("(attachment Level 0 was not read: messages are attached to messages more than 2 levels deep)", shallow, StringComparison.Ordinal);
    }

    [Fact]
    public void Attached_message_files_and_office_documents_are_read()
    {
        var inner = Message("Inner", new TextPart("plain") { Text = "Inner text" });
        var body = new Multipart("mixed")
        {
            Attachment("fwd.eml", "application/octet-stream", Encoding.Latin1.GetString(inner)),
            Attachment("a.docx", "application/octet-stream", Encoding.Latin1.GetString(Files.Docx(Files.Paragraph("Word text")))),
        };

        var outline = Files.Read("a.eml", Message("Outer", body)).Outline();

        Assert.Equal("Heading2: fwd.eml", outline[1]);
        Assert.Equal(["Paragraph: Inner text", "Heading2: a.docx", "Paragraph: Word text"], outline[3..]);
    }

    [Fact]
    public void Attachments_beyond_the_limit_are_named_once()
    {
        var body = new Multipart("mixed");
        for (var i = 0; i < 5; i++)
        {
            body.Add(Attachment($"{i}.txt", "text/plain", $"Text {i}"));
        }

        var text = Files.Read("a.eml", Message("x", body), new() { MaxAttachments = 2 }).Text;

        Assert.EndsWith("Text 1\n\n(attachment 2.txt was not read: the message has more than 2 attachments, the most that are read)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Old_character_sets_and_long_nesting_are_read()
    {
        byte[] russian = [.. "From: a@b\r\nSubject: x\r\nContent-Type: text/plain; charset=windows-1251\r\n\r\n"u8, 0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2];
        Assert.EndsWith("Привет", Files.Read("a.eml", russian).Text, StringComparison.Ordinal);

        var deep = new StringBuilder("From: a@b\r\nSubject: deep\r\n");
        for (var i = 0; i < 5_000; i++)
        {
            deep.Append($"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
        }

        Assert.Contains("Subject: deep", Files.Read("a.eml", deep.ToString()).Text, StringComparison.Ordinal);
    }

    private static MimePart Attachment(string name, string type, string content) => new(ContentType.Parse(type))
    {
        FileName = name,
        Content = new MimeContent(new MemoryStream(Encoding.Latin1.GetBytes(content))),
        ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = name },
        ContentTransferEncoding = ContentEncoding.Base64,
    };

    private static byte[] Message(string subject, MimeEntity body) => Bytes(new MimeMessage(
        [new MailboxAddress("Ännie", "ann@example.org")], [MailboxAddress.Parse("bob@example.org")], subject, body)
    {
        Date = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(2)),
    });

    private static MimeMessage Parse(byte[] message) => MimeMessage.Load(new MemoryStream(message));

    private static byte[] Bytes(MimeMessage message)
    {
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        return stream.ToArray();
    }
}
