using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace Freehold.Ingestion.Readers;

/// <summary>The parts of a Word document.</summary>
internal sealed class DocxPackage : IDisposable
{
    private readonly OfficePackage _package;
    private MainDocumentPart? _main;

    /// <summary>Opens the package, after a look at what it would unpack to.</summary>
    public DocxPackage(ReadOnlyMemory<byte> content, IngestionOptions options, string name, CancellationToken cancellationToken) =>
        _package = new OfficePackage(content, options, name, stream =>
        {
            var document = WordprocessingDocument.Open(stream, isEditable: false);
            _main = document.MainDocumentPart;
            return document;
        }, cancellationToken);

    /// <summary>Title of the document's properties, or null.</summary>
    public string? Title => _package.Title;

    /// <summary>The text, or null where there is none.</summary>
    public XmlReader? OpenText() => _package.Open(_main);

    /// <summary>The styles, or null.</summary>
    public XmlReader? OpenStyles() => _package.Open(_main?.StyleDefinitionsPart);

    /// <summary>Footnotes and endnotes, as far as there are any.</summary>
    public IEnumerable<XmlReader> OpenNotes()
    {
        foreach (OpenXmlPart? part in (OpenXmlPart?[])[_main?.FootnotesPart, _main?.EndnotesPart])
        {
            if (_package.Open(part) is { } notes)
            {
                yield return notes;
            }
        }
    }

    public void Dispose() => _package.Dispose();
}
