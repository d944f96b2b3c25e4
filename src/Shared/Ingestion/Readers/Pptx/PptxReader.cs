using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads a presentation slide by slide, hidden ones too: the slide's number is the page, its title a heading, and the speaker's notes follow
/// the slide. What stands on every slide, such as a footer, is read once; comments are not.
/// </summary>
internal sealed class PptxReader(IngestionOptions options) : IDocumentReader
{
    private const int HeadingLevel = 2;

    // What the program calls a presentation whose author gave it no title.
    private const string NoTitle = "PowerPoint Presentation";

    public string MediaType => "application/vnd.openxmlformats-officedocument.presentationml.presentation";

    public IReadOnlyList<string> Extensions { get; } = [".pptx", ".pptm", ".ppsx", ".potx"];

    public string Name => "PowerPoint presentation";

    public string? WhyNot(ReadOnlySpan<byte> head) =>
        head.StartsWith("PK\u0003\u0004"u8) ? null : "its content is not a PowerPoint presentation.";

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        PresentationPart? presentation = null;
        using var package = new OfficePackage(content, options, Name, stream =>
        {
            var document = PresentationDocument.Open(stream, isEditable: false);
            presentation = document.PresentationPart;
            return document;
        }, cancellationToken);
        using var order = package.OpenRoot(presentation)
            ?? throw new UnreadableDocumentException("The file is a zip archive, but no PowerPoint presentation.");
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        var furniture = new HashSet<string>(StringComparer.Ordinal);
        var page = 0;
        foreach (var id in SlideIds(order))
        {
            page++;
            if (page > options.MaxPages)
            {
                throw new UnreadableDocumentException(
                    $"The PowerPoint presentation has more than {options.MaxPages:N0} slides, the most that are read.");
            }

            if (presentation!.TryGetPartById(id, out var part) && part is SlidePart slide)
            {
                AddSlide(builder, new DrawingReader(package, slide, options.MaxExtractedCharacters).Read(), furniture, page);
                AddNotes(builder, package, slide.NotesSlidePart, page);
            }
        }

        var title = package.Title is { } named && !named.Equals(NoTitle, StringComparison.OrdinalIgnoreCase) ? named : builder.FirstHeading;
        return builder.Build(title, "The PowerPoint presentation holds no text. If its slides are images, they need text recognition (OCR) first.");
    }

    private static List<string> SlideIds(XmlReader reader)
    {
        var ids = new List<string>();
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "sldId" && OfficeXml.Relationship(reader, "id") is { } id)
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    private static void AddSlide(DocumentTextBuilder builder, IReadOnlyList<DrawingShape> shapes, HashSet<string> furniture, int page)
    {
        var title = shapes.FirstOrDefault(IsTitle);
        var rest = shapes.Where(shape => shape != title && shape.Placeholder is not "sldNum" && IsNew(shape, furniture)).ToList();
        if (title is not null || rest.Count > 0)
        {
            var heading = title is null ? $"Slide {page}" : Flat(title);
            builder.Add(BlockKind.Heading, heading, HeadingLevel, page);
        }

        foreach (var shape in rest)
        {
            shape.AddTo(builder, page);
        }
    }

    private void AddNotes(DocumentTextBuilder builder, OfficePackage package, NotesSlidePart? part, int page)
    {
        if (part is null)
        {
            return;
        }

        // The other placeholders repeat the slide, its number, the date.
        var notes = new DrawingReader(package, part, options.MaxExtractedCharacters).Read()
            .Where(shape => shape.Placeholder is null or "body").SelectMany(shape => shape.Paragraphs).ToList();
        for (var i = 0; i < notes.Count; i++)
        {
            builder.Add(BlockKind.Paragraph, i == 0 ? $"Notes: {notes[i].Text}" : notes[i].Text, page: page);
        }
    }

    private static bool IsTitle(DrawingShape shape) => shape.Placeholder is "title" or "ctrTitle" && !string.IsNullOrWhiteSpace(Flat(shape));

    private static bool IsNew(DrawingShape shape, HashSet<string> furniture) =>
        shape.Placeholder is not ("ftr" or "dt" or "hdr") || furniture.Add(Flat(shape));

    private static string Flat(DrawingShape shape) => string.Join(' ', shape.Paragraphs.Select(paragraph => paragraph.Text));
}
