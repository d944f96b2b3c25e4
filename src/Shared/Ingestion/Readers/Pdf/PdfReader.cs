using System.Runtime.ExceptionServices;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Exceptions;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads the text of a PDF, page by page. Refuses encrypted files, and scanned pages that hold images alone.</summary>
internal sealed class PdfReader(IngestionOptions options) : IDocumentReader
{
    private const int SignatureWithin = 1024;

    // How deep the parser follows arrays, dictionaries and references.
    private const int MaxDepth = 128;

    public string MediaType => "application/pdf";

    public IReadOnlyList<string> Extensions { get; } = [".pdf"];

    public string Name => "PDF";

    public string? WhyNot(ReadOnlySpan<byte> head) =>
        head[..Math.Min(head.Length, SignatureWithin)].IndexOf("%PDF-"u8) < 0 ? "its content is not a PDF." : null;

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var (pages, title) = ReadPages(content, cancellationToken);
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        new PdfParagraphs(builder).Add(pages.Select(PdfFurniture.Of(pages).RemoveFrom));
        return builder.Build(
            PdfTitle.From(title) ?? builder.FirstTopHeading ?? builder.FirstHeading,
            "The PDF holds no text. If its pages are scanned images, it needs text recognition (OCR) first.");
    }

    // All that the parser keeps of a document is let go before its text is written.
    private (PdfPages Pages, string? Title) ReadPages(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var document = Open(content, new PdfLimits(options, cancellationToken), cancellationToken);
        if (document.NumberOfPages > options.MaxPages)
        {
            throw new UnreadableDocumentException(
                $"The PDF has {document.NumberOfPages:N0} pages, and at most {options.MaxPages:N0} are read.");
        }

        return (ReadPages(document, cancellationToken), document.Information.Title);
    }

    private static PdfDocument Open(ReadOnlyMemory<byte> content, PdfLimits limits, CancellationToken cancellationToken)
    {
        PdfReferences.RefuseCircles(content.Span, cancellationToken);
        if (PdfNames.Occur(content.Span))
        {
            var copy = content.ToArray();
            PdfNames.Hide(copy);
            content = copy;
        }

        try
        {
            return Parse(content, limits, cancellationToken);
        }
        catch (PdfDocumentEncryptedException exception)
        {
            throw new UnreadableDocumentException("The PDF is protected by a password.", exception);
        }
        catch (PdfDocumentFormatException) when (PdfTrailer.Add(content.Span) is { } repaired)
        {
            return Parse(repaired, limits, cancellationToken);
        }
    }

    // Files that are encrypted, but ask for no password to be read, open with the empty one.
    private static PdfDocument Parse(ReadOnlyMemory<byte> content, PdfLimits limits, CancellationToken cancellationToken)
    {
        var document = PdfDocument.Open(PdfBytes.Of(content, cancellationToken), new ParsingOptions
        {
            UseLenientParsing = true,
            SkipMissingFonts = true,
            MaxStackDepth = MaxDepth,
            FilterProvider = limits,
        });
        document.AddPageFactory<PdfPageText, PdfPageReader>();
        return document;
    }

    // A page that cannot be read costs its own text, as it does where people look at the file; not all may.
    private PdfPages ReadPages(PdfDocument document, CancellationToken cancellationToken)
    {
        var pages = new PdfPages();
        var characters = 0L;
        ExceptionDispatchInfo? damage = null;
        for (var page = 1; page <= document.NumberOfPages; page++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                pages.Add(ReadLines(page, document.GetPage<PdfPageText>(page), ref characters));
            }
            catch (Exception exception)
                when (exception is not (UnreadableDocumentException or OperationCanceledException or OutOfMemoryException))
            {
                damage ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        if (pages.AreBlank)
        {
            damage?.Throw();
        }

        return pages;
    }

    private List<PdfLine> ReadLines(int page, PdfPageText content, ref long characters)
    {
        var lines = new List<PdfLine>();
        var region = 0;
        foreach (var segments in PdfGlyphs.Segments(content.Glyphs).SelectMany(segments => PdfColumns.Regions(segments)))
        {
            lines.AddRange(segments.GroupBy(segment => segment.Line).Select(line => PdfLine.From(page, region, [.. line])));
            characters += segments.Sum(segment => (long)segment.Text.Length);
            region++;
        }

        foreach (var value in content.Typed)
        {
            lines.Add(PdfLine.Apart(page, region++, value));
            characters += value.Length;
        }

        if (characters > options.MaxExtractedCharacters)
        {
            throw DocumentTextBuilder.TooMuchText(options.MaxExtractedCharacters);
        }

        return lines;
    }
}
