using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads HTML: the main content without scripts and the page's furniture (navigation, headers, footers, asides, forms).
/// Where that leaves nothing, furniture is read as well. Nothing is loaded and no script runs.
/// </summary>
internal sealed partial class HtmlReader(IngestionOptions options) : IDocumentReader
{
    // Text that is worth taking for the main content on its own.
    private const int MainCharacters = 200;

    /// <summary>How pages are parsed.</summary>
    public static readonly HtmlParserOptions ParserOptions = new()
    {
        IsScripting = false,
        SkipComments = true,
        SkipScriptText = true,
        DisableElementPositionTracking = true,
        MaximumDepth = 256,
    };

    public string MediaType => "text/html";

    public IReadOnlyList<string> Extensions { get; } = [".html", ".htm", ".xhtml"];

    public IReadOnlyList<string> OtherMediaTypes { get; } = ["application/xhtml+xml"];

    public string Name => "HTML page";

    public string? WhyNot(ReadOnlySpan<byte> head) => TextDecoder.WhyNotText(head);

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var text = TextDecoder.Decode(content.Span, DeclaredEncoding(content.Span));
        if (!HtmlNesting.IsSound(text))
        {
            var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
            return builder.Build(HtmlFlatText.AddTo(builder, text, cancellationToken) ?? builder.FirstTopHeading ?? builder.FirstHeading);
        }

        cancellationToken.ThrowIfCancellationRequested();
        using var document = new HtmlParser(ParserOptions).ParseDocument(text);
        cancellationToken.ThrowIfCancellationRequested();
        IElement body = document.Body ?? document.DocumentElement;
        var all = Walk(body, keepFurniture: false, cancellationToken);
        if (MainOf(document) is { } main && Walk(main, keepFurniture: false, cancellationToken) is var part
            && part.Length >= MainCharacters && (main.LocalName != "article" || part.Length * 2 > all.Length))
        {
            all = part;
        }
        else if (all.Length == 0)
        {
            all = Walk(body, keepFurniture: true, cancellationToken);
        }

        return all.Build(string.IsNullOrWhiteSpace(document.Title) ? all.FirstTopHeading ?? all.FirstHeading : document.Title);
    }

    private DocumentTextBuilder Walk(IElement root, bool keepFurniture, CancellationToken cancellationToken)
    {
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        new HtmlWalker(builder, keepFurniture, cancellationToken).Walk(root);
        return builder;
    }

    private static IElement? MainOf(IHtmlDocument document)
    {
        var articles = document.GetElementsByTagName("article");
        return document.QuerySelector("main, [role=main]") ?? (articles.Length == 1 ? articles[0] : null);
    }

    private static Encoding? DeclaredEncoding(ReadOnlySpan<byte> bytes)
    {
        var head = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 4096)]);
        var name = Charset().Match(head).Groups["name"].Value;
        return name.Length == 0 ? null : TextDecoder.Find(name);
    }

    [GeneratedRegex("""<meta[^>]{0,200}?charset\s*=\s*["']?\s*(?<name>[A-Za-z0-9_:.-]{1,40})""", RegexOptions.IgnoreCase)]
    private static partial Regex Charset();
}
