using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads a Word document, also in the strict format: the text as it stands after accepting all changes, without
/// comments, headers and footers; notes follow the paragraph that refers to them.
/// </summary>
internal sealed class DocxReader(IngestionOptions options) : IDocumentReader
{
    public string MediaType => "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    public IReadOnlyList<string> Extensions { get; } = [".docx", ".docm", ".dotx"];

    public string Name => "Word document";

    public string? WhyNot(ReadOnlySpan<byte> head) => head.StartsWith("PK\u0003\u0004"u8) ? null : "its content is not a Word document.";

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var package = new DocxPackage(content, options, Name, cancellationToken);
        using var document = package.OpenText();
        if (document is null || document.MoveToContent() != XmlNodeType.Element || document.LocalName != "document")
        {
            throw new UnreadableDocumentException("The file is a zip archive, but no Word document.");
        }

        using var styles = package.OpenStyles();
        var walker = new DocxWalker(new DocxStyles(styles), options.MaxExtractedCharacters, cancellationToken);
        foreach (var notes in package.OpenNotes())
        {
            using (notes)
            {
                walker.ReadNotes(notes);
            }
        }

        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        walker.Read(document, builder);
        return builder.Build(package.Title ?? builder.FirstTopHeading ?? builder.FirstHeading);
    }
}
