using UglyToad.PdfPig;
using UglyToad.PdfPig.Exceptions;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads the text of a PDF, page by page. Refuses encrypted files, and scanned pages that hold images alone.</summary>
internal sealed class PdfReader(IngestionOptions options) : IDocumentReader
{
    private const int SignatureWithin = 1024;

    private static readonly ParsingOptions Parsing = new() { UseLenientParsing = true, SkipMissingFonts = true, MaxStackDepth = 128 };

    public string MediaType => "application/pdf";

    public IReadOnlyList<string> Extensions { get; } = [".pdf"];

    public string Name => "PDF";

    public string? WhyNot(ReadOnlySpan<byte> head) =>
        head[..Math.Min(head.Length, SignatureWithin)].IndexOf("%PDF-"u8) < 0 ? "its content is not a PDF." : null;

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var document = Open(content);
        if (document.NumberOfPages > options.MaxPages)
        {
            throw new UnreadableDocumentException($"The PDF has {document.NumberOfPages:N0} pages, and at most {options.MaxPages:N0} are read.");
        }

        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        new PdfParagraphs(builder).Add(ReadLines(document, cancellationToken));
        return builder.Build(
            builder.FirstTopHeading ?? builder.FirstHeading,
            "The PDF holds no text. If its pages are scanned images, it needs text recognition (OCR) first.");
    }

    private static PdfDocument Open(ReadOnlyMemory<byte> content)
    {
        try
        {
            return PdfDocument.Open(content, Parsing);
        }
        catch (PdfDocumentEncryptedException exception)
        {
            throw new UnreadableDocumentException("The PDF is protected by a password.", exception);
        }
    }

    private List<PdfLine> ReadLines(PdfDocument document, CancellationToken cancellationToken)
    {
        var lines = new List<PdfLine>();
        var characters = 0L;
        for (var page = 1; page <= document.NumberOfPages; page++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var content = document.GetPage(page);
            var region = 0;
            foreach (var segments in PdfGlyphs.Segments(content.Letters).SelectMany(segments => PdfColumns.Regions(segments)))
            {
                lines.AddRange(segments.GroupBy(segment => segment.Line).Select(line => PdfLine.From(page, region, [.. line])));
                characters += segments.Sum(segment => (long)segment.Text.Length);
                region++;
            }

            foreach (var value in PdfForms.Values(document, content))
            {
                lines.Add(PdfLine.Apart(page, region++, value));
                characters += value.Length;
            }

            if (characters > options.MaxExtractedCharacters)
            {
                throw DocumentTextBuilder.TooMuchText(options.MaxExtractedCharacters);
            }
        }

        return lines;
    }
}
