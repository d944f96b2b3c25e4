namespace Freehold.Ingestion.Readers;

/// <summary>Reads plain text: paragraphs are what blank lines separate, and the text stays as it is.</summary>
internal sealed class PlainTextReader(IngestionOptions options) : IStreamingReader
{
    private const int PartLength = 1 << 20;

    public string MediaType => "text/plain";

    public IReadOnlyList<string> OtherMediaTypes { get; } = ["text/xml", "application/xml", "text/css", "text/javascript", "application/yaml"];

    public IReadOnlyList<string> Extensions { get; } =
    [
        ".txt", ".text", ".log", ".rst", ".adoc", ".org", ".tex", ".srt", ".vtt",
        ".xml", ".xsd", ".xsl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".env", ".tf", ".bicep",
        ".sql", ".py", ".cs", ".csx", ".fs", ".vb", ".js", ".mjs", ".jsx", ".ts", ".tsx", ".java", ".kt", ".scala", ".go", ".rs", ".c", ".h",
        ".cc", ".cpp", ".hpp", ".m", ".swift", ".rb", ".php", ".pl", ".lua", ".r", ".jl", ".sh", ".bash", ".ps1", ".bat", ".css", ".scss", ".diff",
    ];

    public string Name => "text file";

    public string? WhyNot(ReadOnlySpan<byte> head) => TextDecoder.WhyNotText(head);

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Read(TextDecoder.Decode(content.Span), options.MaxExtractedCharacters);

    public IEnumerable<ExtractedDocument> Read(SourceStream content, CancellationToken cancellationToken)
    {
        using var reader = new TextStream(content, cancellationToken);
        char[] buffer = [];
        var (rest, found) = ("", false);
        for (var isLast = false; !isLast;)
        {
            var length = TextStream.ReadBlock(reader, ref buffer, PartLength);
            isLast = length < buffer.Length;
            var text = TextCleaner.Clean(string.Concat(rest, buffer.AsSpan(0, length)), isLast, out rest);
            var cut = isLast ? text.Length : EndOfPart(text);
            rest = text[cut..] + rest;
            var blocks = Paragraphs(text.AsSpan(0, cut));
            found |= blocks.Count > 0;
            yield return new ExtractedDocument(null, text[..cut], blocks);
        }

        if (!found)
        {
            throw NoText();
        }
    }

    /// <summary>Makes a document of text that has no other structure than blank lines.</summary>
    public static ExtractedDocument Read(string content, int maxCharacters)
    {
        var text = TextCleaner.Clean(content);
        if (text.Length > maxCharacters)
        {
            throw DocumentTextBuilder.TooMuchText(maxCharacters);
        }

        var blocks = Paragraphs(text);
        return blocks.Count == 0 ? throw NoText() : new(null, text, blocks);
    }

    private static UnreadableDocumentException NoText() => new("No text was found in the file.");

    // Between two paragraphs, or lines, or words if there is such a place.
    private static int EndOfPart(string text)
    {
        var paragraph = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        var line = paragraph > 0 ? paragraph : text.LastIndexOf('\n');
        var word = line > 0 ? line : text.LastIndexOf(' ');
        return word > 0 ? word : text.Length;
    }

    private static List<TextBlock> Paragraphs(ReadOnlySpan<char> text)
    {
        var blocks = new List<TextBlock>();
        for (int line = 0, start = -1, end = 0; line < text.Length || start >= 0;)
        {
            var length = line < text.Length ? text[line..].IndexOf('\n') : 0;
            length = length < 0 ? text.Length - line : length;
            var written = text.Slice(Math.Min(line, text.Length), length).TrimEnd().Length;
            if (written > 0)
            {
                start = start < 0 ? line : start;
                end = line + written;
            }
            else if (start >= 0)
            {
                blocks.Add(new TextBlock(start, end, BlockKind.Paragraph));
                start = -1;
            }

            line += length + 1;
        }

        return blocks;
    }
}
