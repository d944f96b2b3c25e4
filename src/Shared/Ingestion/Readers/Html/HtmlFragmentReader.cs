using AngleSharp.Html.Parser;

namespace Freehold.Ingestion.Readers;

/// <summary>Adds the text of pieces of HTML that stand in a document of another format.</summary>
internal sealed class HtmlFragmentReader(DocumentTextBuilder builder, CancellationToken cancellationToken)
{
    // To make one takes longer than to parse what a Markdown text holds.
    private readonly HtmlParser _parser = new(HtmlReader.ParserOptions);

    /// <summary>Adds a piece.</summary>
    public void Add(string markup)
    {
        if (!HtmlNesting.IsSound(markup))
        {
            HtmlFlatText.AddTo(builder, markup, cancellationToken);
            return;
        }

        using var document = _parser.ParseDocument(markup);
        new HtmlWalker(builder, keepFurniture: true, cancellationToken).Walk(document.Body ?? document.DocumentElement);
    }
}
