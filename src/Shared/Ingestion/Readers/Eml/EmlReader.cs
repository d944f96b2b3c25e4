using MimeKit;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads a message: its headers, its body (as plain text where it has both), and every attachment under a heading, by the reader of its
/// own format. An attachment that cannot be read leaves a line that says why.
/// </summary>
internal sealed class EmlReader(IngestionOptions options, DocumentReaders readers) : IDocumentReader
{
    public string MediaType => "message/rfc822";

    public IReadOnlyList<string> OtherMediaTypes { get; } = ["message/global"];

    public IReadOnlyList<string> Extensions { get; } = [".eml"];

    public string Name => "message";

    public string? WhyNot(ReadOnlySpan<byte> head) =>
        TextDecoder.WhyNotText(head)
        ?? (TextSniffer.BeginsWithHeader(TextDecoder.Decode(head).TrimStart()) || head.StartsWith("From "u8) ? null : "its content is not a message.");

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var message = Load(content, options, cancellationToken);
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        new EmlWalker(builder, options, readers, cancellationToken).AddMessage(message);
        return builder.Build(message.Subject);
    }

    /// <summary>Parses a message without copying it.</summary>
    public static MimeMessage Load(ReadOnlyMemory<byte> content, IngestionOptions options, CancellationToken cancellationToken) =>
        MimeMessage.Load(new ParserOptions { MaxMimeDepth = options.MaxNesting }, content.AsStream(), persistent: true, cancellationToken);
}
