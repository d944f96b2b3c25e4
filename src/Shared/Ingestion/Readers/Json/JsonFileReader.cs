using System.Text.Json;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads JSON as lines of a path and a value (<see cref="JsonText"/>). The elements of the document's array, or of the one in it that has
/// the most records, come last, each on its own.
/// </summary>
internal sealed class JsonFileReader(IngestionOptions options) : IDocumentReader
{
    public string MediaType => "application/json";

    public IReadOnlyList<string> OtherMediaTypes { get; } = ["text/json", "application/geo+json", "application/ld+json"];

    public IReadOnlyList<string> Extensions { get; } = [".json", ".geojson", ".jsonld"];

    public string Name => "JSON file";

    public string? WhyNot(ReadOnlySpan<byte> head) => TextDecoder.WhyNotText(head);

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var json = JsonFile.ToUtf8(content).Span;
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        try
        {
            var records = JsonFile.Check(json, options.MaxNesting, cancellationToken);
            var reader = JsonFile.Open(json);
            reader.Read();
            var title = JsonText.TitleOf(reader);
            var text = new JsonText(builder, options.MaxExtractedCharacters, cancellationToken);
            text.Add(ref reader, records);
            if (records is { } start)
            {
                var array = JsonFile.Open(json[(int)start..]);
                array.Read();
                text.AddRecords(ref array);
            }

            return builder.Build(title ?? builder.FirstHeading);
        }
        catch (JsonException exception)
        {
            throw new UnreadableDocumentException($"The file is no valid JSON: see line {(exception.LineNumber ?? 0) + 1:N0}.", exception);
        }
    }
}
