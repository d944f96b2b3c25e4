namespace Freehold.Ingestion.Readers;

/// <summary>Reads plain text: paragraphs are what blank lines separate, and the text stays as it is.</summary>
internal sealed class PlainTextReader(IngestionOptions options) : IDocumentReader
{
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

    /// <summary>Makes a document of text that has no other structure than blank lines.</summary>
    public static ExtractedDocument Read(string content, int maxCharacters)
    {
        var text = TextCleaner.Clean(content);
        if (text.Length > maxCharacters)
        {
            throw DocumentTextBuilder.TooMuchText(maxCharacters);
        }

        var blocks = new List<TextBlock>();
        for (int line = 0, start = -1, end = 0; line < text.Length || start >= 0;)
        {
            var length = line < text.Length ? text.AsSpan(line).IndexOf('\n') : 0;
            length = length < 0 ? text.Length - line : length;
            var written = text.AsSpan(Math.Min(line, text.Length), length).TrimEnd().Length;
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

        return blocks.Count == 0 ? throw new UnreadableDocumentException("No text was found in the file.") : new(null, text, blocks);
    }
}
