using System.Text;
using System.Text.Json;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads lines of JSON as they come in, each as a block (<see cref="JsonText"/>) with a heading where it has a title or a name. A line that is
/// no JSON refuses the file, for what is left out silently would never be missed.
/// </summary>
internal sealed class JsonLinesReader(IngestionOptions options) : IStreamingReader
{
    public string MediaType => "application/jsonl";

    public IReadOnlyList<string> OtherMediaTypes { get; } = ["application/x-ndjson", "application/ndjson", "application/x-jsonlines"];

    public IReadOnlyList<string> Extensions { get; } = [".jsonl", ".ndjson"];

    public string Name => "JSON Lines file";

    public string? WhyNot(ReadOnlySpan<byte> head) => TextDecoder.WhyNotText(head);

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var stream = new SourceStream(content.AsStream(), content.Length, TimeProvider.System);
        return DocumentParts.Join(Read(stream, cancellationToken), options.MaxExtractedCharacters);
    }

    public IEnumerable<ExtractedDocument> Read(SourceStream content, CancellationToken cancellationToken)
    {
        using var text = new TextStream(content, cancellationToken);
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        var line = new StringBuilder();
        var any = false;
        for (var number = 1L; ReadLine(text, line, number); number++)
        {
            Add(builder, line.ToString(), number, cancellationToken);
            if (builder.Length > DocumentParts.PartCharacters)
            {
                yield return builder.Build(null);
                any = true;
                builder = new DocumentTextBuilder(options.MaxExtractedCharacters, continues: true);
            }
        }

        if (builder.Length > 0 || !any)
        {
            yield return builder.Build(null);
        }
    }

    private void Add(DocumentTextBuilder builder, string line, long number, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        try
        {
            var json = Encoding.UTF8.GetBytes(line);
            JsonFile.Check(json, options.MaxNesting, cancellationToken);
            var reader = JsonFile.Open(json);
            reader.Read();
            new JsonText(builder, options.MaxExtractedCharacters, cancellationToken).AddRecord(ref reader);
        }
        catch (JsonException exception)
        {
            throw new UnreadableDocumentException($"Line {number:N0} of the file is no valid JSON. Each line must hold one value.", exception);
        }
    }

    // Lines are read here because a file may be one line that never ends.
    private bool ReadLine(TextStream text, StringBuilder line, long number)
    {
        line.Clear();
        for (var next = text.Read(); next >= 0; next = text.Read())
        {
            if (next == '\n')
            {
                return true;
            }

            line.Append((char)next);
            if (line.Length > options.MaxExtractedCharacters)
            {
                throw new UnreadableDocumentException(
                    $"Line {number:N0} of the file has more than {options.MaxExtractedCharacters:N0} characters, the most that are read.");
            }
        }

        return line.Length > 0;
    }
}
