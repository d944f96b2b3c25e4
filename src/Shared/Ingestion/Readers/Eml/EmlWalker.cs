using System.Globalization;
using System.Text;
using MimeKit;

namespace Freehold.Ingestion.Readers;

/// <summary>Writes a message into a text: headers, body, attachments, and the messages among those.</summary>
internal sealed class EmlWalker(
    DocumentTextBuilder builder, IngestionOptions options, DocumentReaders readers, CancellationToken cancellationToken)
{
    private const int AttachmentHeading = 2;

    private readonly HtmlReader _html = new(options);
    private int _attachments;
    private int _depth;

    /// <summary>Adds the message.</summary>
    public void AddMessage(MimeMessage message)
    {
        AddHeaders(message);
        AddPart(message.Body);
    }

    private void AddHeaders(MimeMessage message)
    {
        var headers = new StringBuilder();
        Append("From", message.From.ToString());
        Append("To", message.To.ToString());
        Append("Cc", message.Cc.ToString());
        Append("Date", message.Date == default ? null : message.Date.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture));
        Append("Subject", message.Subject);
        builder.Add(BlockKind.Paragraph, headers.ToString());

        void Append(string name, string? value) =>
            headers.Append(string.IsNullOrWhiteSpace(value) ? "" : $"{name}: {TextCleaner.Collapse(value, lines: false)}\n");
    }

    private void AddPart(MimeEntity? entity)
    {
        cancellationToken.ThrowIfCancellationRequested();
        switch (entity)
        {
            case MultipartAlternative alternative:
                AddPart(PlainOf(alternative) ?? alternative.LastOrDefault(part => part is Multipart or TextPart { IsHtml: true }) ?? alternative.LastOrDefault());
                break;
            case MultipartRelated related:
                AddPart(related.Root);
                AddAll(related.Where(part => part != related.Root && !IsPicture(part)));
                break;
            // The rest of it is the signature.
            case Multipart { ContentType.MediaSubtype: "signed" } signed:
                AddPart(signed.FirstOrDefault());
                break;
            case Multipart multipart:
                AddAll(multipart);
                break;
            case MessagePart { Message: { } message } part:
                var name = part.ContentDisposition?.FileName ?? message.Subject ?? "message";
                if (MayRead(name))
                {
                    AddAttached(name, () => message);
                }

                break;
            case TextPart { IsAttachment: false } text when text.IsPlain || text.IsHtml:
                AddText(text);
                break;
            case MimePart part:
                AddAttachment(part);
                break;
        }
    }

    private void AddAll(IEnumerable<MimeEntity> parts)
    {
        foreach (var part in parts)
        {
            AddPart(part);
        }
    }

    private void AddText(TextPart part)
    {
        var text = part.Text;
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        try
        {
            builder.Add(part.IsHtml
                ? _html.Read(Encoding.UTF8.GetBytes(text), cancellationToken)
                : PlainTextReader.Read(text, options.MaxExtractedCharacters), below: 1);
        }
        catch (UnreadableDocumentException) when (part.IsHtml)
        {
            // A page of pictures alone, say. The rest of the message is worth reading.
        }
    }

    private void AddAttachment(MimePart part)
    {
        var name = part.FileName ?? part.ContentType.Name ?? part.ContentType.MimeType;
        if (!MayRead(name) || part.Content is null)
        {
            return;
        }

        ExtractedDocument document;
        try
        {
            using var content = new MemoryStream();
            part.Content.DecodeTo(content, cancellationToken);
            var bytes = content.GetBuffer().AsMemory(0, (int)content.Length);
            if (readers.Find(name, part.ContentType.MimeType, bytes) is EmlReader)
            {
                AddAttached(name, () => EmlReader.Load(bytes, options, cancellationToken));
                return;
            }

            document = readers.Read(name, part.ContentType.MimeType, bytes, cancellationToken);
        }
        catch (UnreadableDocumentException exception)
        {
            AddReason(name, exception.Message);
            return;
        }

        builder.Add(BlockKind.Heading, name, Level);
        builder.Add(document, below: Level);
    }

    private void AddAttached(string name, Func<MimeMessage> load)
    {
        if (_depth == options.MaxAttachedMessages)
        {
            AddReason(name, $"messages are attached to messages more than {options.MaxAttachedMessages:N0} levels deep.");
            return;
        }

        MimeMessage message;
        try
        {
            message = load();
        }
        catch (FormatException)
        {
            AddReason(name, "The message is damaged and could not be read.");
            return;
        }

        builder.Add(BlockKind.Heading, name, Level);
        _depth++;
        AddMessage(message);
        _depth--;
    }

    private int Level => Math.Min(AttachmentHeading + _depth, 6);

    // What is beyond the limit is named once.
    private bool MayRead(string name)
    {
        if (_attachments++ == options.MaxAttachments)
        {
            AddReason(name, $"the message has more than {options.MaxAttachments:N0} attachments, the most that are read.");
        }

        return _attachments <= options.MaxAttachments;
    }

    private void AddReason(string name, string reason) =>
        builder.Add(BlockKind.Paragraph, $"(attachment {name} was not read: {char.ToLowerInvariant(reason[0])}{reason[1..].TrimEnd('.')})");

    private static TextPart? PlainOf(MultipartAlternative alternative) =>
        alternative.OfType<TextPart>().FirstOrDefault(part => part.IsPlain && !string.IsNullOrWhiteSpace(part.Text));

    private static bool IsPicture(MimeEntity part) => part.ContentType.MediaType.Equals("image", StringComparison.OrdinalIgnoreCase);
}
