using System.Text.Json;
using Markdig;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads Markdown into plain text: markers are dropped, links leave their text, and front matter becomes metadata.</summary>
internal sealed class MarkdownReader(IngestionOptions options) : IDocumentReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseFootnotes()
        .UseTaskLists()
        .UseMathematics()
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .Build();

    public string MediaType => "text/markdown";

    public IReadOnlyList<string> Extensions { get; } = [".md", ".markdown"];

    public string Name => "Markdown file";

    public string? WhyNot(ReadOnlySpan<byte> head) => TextDecoder.WhyNotText(head);

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var (metadata, text) = FrontMatter.Split(TextCleaner.Clean(TextDecoder.Decode(content.Span)));
        var title = metadata?.GetValueOrDefault("title") is { ValueKind: JsonValueKind.String } given && !string.IsNullOrWhiteSpace(given.GetString())
            ? given.GetString()
            : null;
        return Read(text, title, cancellationToken) with { Metadata = metadata };
    }

    private ExtractedDocument Read(string text, string? title, CancellationToken cancellationToken)
    {
        if (!MarkdownLimits.IsSound(text))
        {
            return PlainTextReader.Read(text, options.MaxExtractedCharacters) with { Title = title };
        }

        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        try
        {
            new MarkdownWalker(builder, cancellationToken).Walk(Markdown.Parse(text, Pipeline));
        }
        // Markdig refuses nesting beyond its limit with this exception alone. The text is worth reading all the same.
        catch (ArgumentException)
        {
            return PlainTextReader.Read(text, options.MaxExtractedCharacters) with { Title = title };
        }

        return builder.Build(title ?? builder.FirstTopHeading ?? builder.FirstHeading);
    }
}
