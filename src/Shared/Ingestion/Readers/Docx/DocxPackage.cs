using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// The package of a Word document of either edition. Its parts are read as streams, not as trees, so that a large document takes
/// little memory; what is not read is not unpacked, and what is read is held to the limits.
/// </summary>
internal sealed class DocxPackage : IDisposable
{
    // The directory of a zip file is read as a whole, before any limit on its parts can be checked.
    private const int MaxDirectoryBytes = 4 << 20;
    private const int SmallPart = 1 << 20;

    private readonly WordprocessingDocument _document;
    private readonly IngestionOptions _options;

    /// <summary>Opens the package, after a look at what it would unpack to.</summary>
    public DocxPackage(ReadOnlyMemory<byte> content, IngestionOptions options)
    {
        _options = options;
        CheckDirectory(content.Span);
        CheckLengths(Stream(content));
        _document = WordprocessingDocument.Open(Stream(content), isEditable: false);
    }

    /// <summary>Title of the document's properties, or null.</summary>
    public string? Title => _document.PackageProperties.Title is { } title && !string.IsNullOrWhiteSpace(title) ? title : null;

    /// <summary>The text, or null where there is none.</summary>
    public XmlReader? OpenText() => Open(_document.MainDocumentPart);

    /// <summary>The styles, or null.</summary>
    public XmlReader? OpenStyles() => Open(_document.MainDocumentPart?.StyleDefinitionsPart);

    /// <summary>Footnotes and endnotes, as far as there are any.</summary>
    public IEnumerable<XmlReader> OpenNotes()
    {
        foreach (OpenXmlPart? part in (OpenXmlPart?[])[_document.MainDocumentPart?.FootnotesPart, _document.MainDocumentPart?.EndnotesPart])
        {
            if (Open(part) is { } notes)
            {
                yield return notes;
            }
        }
    }

    public void Dispose() => _document.Dispose();

    private XmlReader? Open(OpenXmlPart? part) => part is null ? null : XmlReader.Create(part.GetStream(FileMode.Open, FileAccess.Read), new XmlReaderSettings
    {
        CloseInput = true,
        CheckCharacters = false,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        // The directory may lie about lengths.
        MaxCharactersInDocument = _options.MaxUnpackedBytes,
    });

    private void CheckLengths(Stream content)
    {
        using ZipArchive zip = new(content, ZipArchiveMode.Read);
        long unpacked = 0;
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => Path.GetExtension(entry.FullName).ToLowerInvariant() is ".xml" or ".rels"))
        {
            unpacked += entry.Length;
            if (unpacked > _options.MaxUnpackedBytes
                || (entry.Length > SmallPart && entry.Length / Math.Max(1, entry.CompressedLength) > _options.MaxUnpackRatio))
            {
                throw new UnreadableDocumentException("The Word document unpacks to far more than its size; it looks like a zip bomb.");
            }
        }
    }

    private static MemoryStream Stream(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out ArraySegment<byte> bytes)
        ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);

    // Reads where the directory starts from the record at the end of the file (APPNOTE.TXT, 4.3.16).
    private static void CheckDirectory(ReadOnlySpan<byte> content)
    {
        var end = content.LastIndexOf("PK\u0005\u0006"u8);
        if (end < 0 || end + 20 > content.Length)
        {
            throw new InvalidDataException("The zip file has no directory.");
        }

        var start = MemoryMarshal.Read<uint>(content[(end + 16)..]);
        if (end - (long)start > MaxDirectoryBytes || start > end)
        {
            throw new InvalidDataException("The directory of the zip file is too large, or not where it should be.");
        }
    }
}
