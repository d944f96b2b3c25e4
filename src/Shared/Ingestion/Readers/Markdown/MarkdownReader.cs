using System.Text.RegularExpressions;
using Markdig;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads Markdown into plain text: markers are dropped, links leave their text, front matter leaves its title alone.</summary>
internal sealed partial class MarkdownReader(IngestionOptions options) : IDocumentReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UseYamlFrontMatter()
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
        var text = TextCleaner.Clean(TextDecoder.Decode(content.Span));
        if (!MarkdownLimits.IsSound(text))
        {
            return PlainTextReader.Read(text, options.MaxExtractedCharacters);
        }

        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        try
        {
            new MarkdownWalker(builder, cancellationToken).Walk(Markdown.Parse(text, Pipeline));
        }
        // Markdig refuses nesting beyond its limit with this exception alone. The text is worth reading all the same.
        catch (ArgumentException)
        {
            return PlainTextReader.Read(text, options.MaxExtractedCharacters);
        }

        return builder.Build(builder.FirstTopHeading ?? FrontMatterTitle(text) ?? builder.FirstHeading);
    }

    private static string? FrontMatterTitle(string text)
    {
        var title = FrontMatter().Match(text).Groups["title"].Value.Trim().Trim('"', '\'');
        return title.Length == 0 ? null : title;
    }

    [GeneratedRegex(@"\A---[ \t]*\n(?:(?!---|title:)[^\n]*\n){0,100}title:(?<title>[^\n]*)\n")]
    private static partial Regex FrontMatter();
}
