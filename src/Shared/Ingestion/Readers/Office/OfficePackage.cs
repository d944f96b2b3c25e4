using System.IO.Compression;
using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// The package of an Office document of either edition. Its parts are read as streams, not as trees, so that a large document takes
/// little memory; what is not read is not unpacked, and what is read is held to the limits. Nothing outside of it is opened.
/// </summary>
internal sealed class OfficePackage : IDisposable
{
    private const int MaxDirectoryBytes = 4 << 20;
    private const int SmallPart = 1 << 20;
    private const int MaxContentTypes = 1 << 20;

    private readonly OpenXmlPackage _document;
    private readonly IngestionOptions _options;
    private readonly string _name;
    private readonly CancellationToken _cancellationToken;
    private long _unpacked;

    /// <summary>Opens the package, after a look at what it would unpack to.</summary>
    public OfficePackage(
        ReadOnlyMemory<byte> content, IngestionOptions options, string name, Func<Stream, OpenXmlPackage> open, CancellationToken cancellationToken)
    {
        _options = options;
        _name = name;
        _cancellationToken = cancellationToken;
        CheckDirectory(content);
        CheckLengths(content.AsStream());
        _document = open(content.AsStream());
    }

    /// <summary>Title of the document's properties, or null.</summary>
    public string? Title => _document.PackageProperties.Title is { } title && !string.IsNullOrWhiteSpace(title) ? title : null;

    /// <summary>Tells from the types of its parts what a zip file is: the content type of the main part, or null.</summary>
    public static string? MainType(ReadOnlyMemory<byte> content)
    {
        try
        {
            CheckDirectory(content);
            using ZipArchive zip = new(content.AsStream(), ZipArchiveMode.Read);
            using Stream? types = zip.Entries
                .FirstOrDefault(entry => entry.FullName.Equals("[Content_Types].xml", StringComparison.OrdinalIgnoreCase))?.Open();
            using XmlReader? reader = types is null ? null : XmlReader.Create(types, Settings(MaxContentTypes));
            while (reader?.Read() == true)
            {
                if (reader.LocalName is "Override" or "Default" && OfficeXml.Attribute(reader, "ContentType") is { } type
                    && (type.EndsWith(".main+xml", StringComparison.OrdinalIgnoreCase) || type.EndsWith(".main", StringComparison.OrdinalIgnoreCase)))
                {
                    return type;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or XmlException or IOException or NotSupportedException or ArgumentException)
        {
            // Whoever reads the file says what is wrong with it.
        }

        return null;
    }

    /// <summary>Opens a part as XML, or returns null if there is none.</summary>
    public XmlReader? Open(OpenXmlPart? part) => part is null
        ? null
        : XmlReader.Create(new CountedStream(part.GetStream(FileMode.Open, FileAccess.Read), Count), Settings(_options.MaxUnpackedBytes));

    /// <summary>Opens a part and goes to its outermost element, or returns null where there is none.</summary>
    public XmlReader? OpenRoot(OpenXmlPart? part)
    {
        XmlReader? reader = Open(part);
        if (reader is null || reader.MoveToContent() == XmlNodeType.Element)
        {
            return reader;
        }

        reader.Dispose();
        return null;
    }

    public void Dispose() => _document.Dispose();

    private static XmlReaderSettings Settings(int maxCharacters) => new()
    {
        CloseInput = true,
        CheckCharacters = false,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersInDocument = maxCharacters,
    };

    // The directory may lie about lengths, and a part may be referred to again and again.
    private void Count(int read)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _unpacked += read;
        if (_unpacked > _options.MaxUnpackedBytes)
        {
            throw Bomb();
        }
    }

    private void CheckLengths(Stream content)
    {
        using ZipArchive zip = new(content, ZipArchiveMode.Read);
        if (zip.Entries.Count > _options.MaxPackageEntries)
        {
            throw new UnreadableDocumentException(
                $"The {_name} is a package of {zip.Entries.Count:N0} parts, and at most {_options.MaxPackageEntries:N0} are read.");
        }

        long unpacked = 0;
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => Path.GetExtension(entry.FullName).ToLowerInvariant() is ".xml" or ".rels"))
        {
            unpacked += entry.Length;
            if (unpacked > _options.MaxUnpackedBytes
                || (entry.Length > SmallPart && entry.Length / Math.Max(1, entry.CompressedLength) > _options.MaxUnpackRatio))
            {
                throw Bomb();
            }
        }
    }

    private UnreadableDocumentException Bomb() => new($"The {_name} unpacks to far more than its size; it looks like a zip bomb.");

    private static void CheckDirectory(ReadOnlyMemory<byte> content)
    {
        using Stream stream = content.AsStream();
        if (ZipDirectory.Length(stream) > MaxDirectoryBytes)
        {
            throw new InvalidDataException("The directory of the zip file is too large.");
        }
    }
}
