using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// The zip package of a Word document. Its parts are found by their relationships and read as streams; what is not
/// read is not unpacked, and what is read is held to the limits.
/// </summary>
internal sealed class DocxPackage : IDisposable
{
    // The directory of a zip file is read as a whole, before any limit on its parts can be checked.
    private const int MaxDirectoryBytes = 4 << 20;
    private const int SmallPart = 1 << 20;

    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _parts = new(StringComparer.OrdinalIgnoreCase);
    private readonly IngestionOptions _options;
    private long _unpacked;

    public DocxPackage(ReadOnlyMemory<byte> content, IngestionOptions options)
    {
        _options = options;
        CheckDirectory(content.Span);
        var bytes = MemoryMarshal.TryGetArray(content, out var array) ? array : new ArraySegment<byte>(content.ToArray());
        _zip = new ZipArchive(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), ZipArchiveMode.Read);
        foreach (var entry in _zip.Entries)
        {
            _parts.TryAdd(entry.FullName.Replace('\\', '/'), entry);
        }
    }

    /// <summary>Finds the part that another one, or the package (""), relates to as <paramref name="kind"/>, e.g. <c>styles</c>.</summary>
    public string? Related(string part, string kind)
    {
        var folder = part[..(part.LastIndexOf('/') + 1)];
        using var reader = Open($"{folder}_rels/{part[folder.Length..]}.rels");
        while (reader?.Read() == true)
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "Relationship" }
                && reader.GetAttribute("Type")?.EndsWith("/" + kind, StringComparison.OrdinalIgnoreCase) == true
                && reader.GetAttribute("Target") is { } target)
            {
                var path = Resolve(target.StartsWith('/') ? target : folder + target);
                return _parts.ContainsKey(path) ? path : null;
            }
        }

        return null;
    }

    /// <summary>Opens a part, or returns null where there is none.</summary>
    public XmlReader? Open(string? part)
    {
        if (part is null || !_parts.TryGetValue(part, out var entry))
        {
            return null;
        }

        _unpacked += entry.Length;
        if (_unpacked > _options.MaxUnpackedBytes
            || (entry.Length > SmallPart && entry.Length / Math.Max(1, entry.CompressedLength) > _options.MaxUnpackRatio))
        {
            throw new UnreadableDocumentException("The Word document unpacks to far more than its size; it looks like a zip bomb.");
        }

        return XmlReader.Create(entry.Open(), new XmlReaderSettings
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
    }

    public void Dispose() => _zip.Dispose();

    private static string Resolve(string path)
    {
        var segments = new List<string>();
        foreach (var segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == ".." && segments.Count > 0)
            {
                segments.RemoveAt(segments.Count - 1);
            }
            else if (segment is not ("." or ".."))
            {
                segments.Add(segment);
            }
        }

        return string.Join('/', segments);
    }

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
