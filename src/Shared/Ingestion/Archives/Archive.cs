using System.IO.Compression;
using Freehold.Ingestion.Readers;
using Freehold.Storage;

namespace Freehold.Ingestion.Archives;

/// <summary>
/// A ZIP file whose entries are documents. Refuses what goes beyond the limits before anything of it is unpacked, by what its directory
/// says, and while it is unpacked, by what comes.
/// </summary>
internal sealed class Archive : IDisposable
{
    /// <summary>Ending of archives' names. Others are not unpacked, whatever they hold.</summary>
    public const string Extension = ".zip";

    /// <summary>Media type of archives.</summary>
    public const string MediaType = "application/zip";

    private const int SmallEntry = 1 << 20;

    // Of an entry in the directory: its path has half of that at most.
    private const int LongestRecord = 2 << 10;

    private static readonly string[] Clutter = ["__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"];

    private readonly ZipArchive _zip;
    private readonly IngestionOptions _options;

    private Archive(ZipArchive zip, IngestionOptions options) => (_zip, _options) = (zip, options);

    /// <summary>Entries that cannot be documents: their names are no paths, they are encrypted, or two have one name.</summary>
    public int Skipped { get; private set; }

    /// <summary>Whether a document at this path is an archive, as far as its name says.</summary>
    public static bool IsAt(DocumentPath path) => path.Value.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a file is an archive by its name and, where they are known, its first bytes.</summary>
    public static bool Is(string path, ReadOnlySpan<byte> head) =>
        path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)
        && (head.IsEmpty || ((head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8)) && ContentSignature.Of(head) == default));

    /// <summary>Opens an archive.</summary>
    /// <returns>Null for a package that is a document itself.</returns>
    /// <exception cref="UnreadableDocumentException">It is damaged, or beyond the limits.</exception>
    public static Archive? Open(Stream content, IngestionOptions options)
    {
        ZipArchive zip;
        try
        {
            if (ZipDirectory.Length(content) > options.MaxArchiveEntries * (long)LongestRecord)
            {
                throw new UnreadableDocumentException($"The ZIP archive has far more entries than the {options.MaxArchiveEntries:N0} that are unpacked at most.");
            }

            zip = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
        }
        catch (InvalidDataException exception)
        {
            throw new UnreadableDocumentException("The file is named .zip, but it is not a ZIP archive, or a damaged one.", exception);
        }

        Archive archive = new(zip, options);
        try
        {
            archive.CheckDirectory();
            return zip.GetEntry("[Content_Types].xml") is null ? archive : null;
        }
        catch (InvalidDataException exception)
        {
            archive.Dispose();
            throw new UnreadableDocumentException("The ZIP archive is damaged.", exception);
        }
        catch (UnreadableDocumentException)
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Entries and the paths of their documents, below that of the archive.</summary>
    public IEnumerable<(DocumentPath Path, ZipArchiveEntry Entry)> Documents(DocumentPath archive)
    {
        HashSet<string> seen = [];
        Skipped = 0;
        foreach (ZipArchiveEntry entry in _zip.Entries)
        {
            string name = entry.FullName.Replace('\\', '/');
            if (name.EndsWith('/') || name.Split('/').Any(segment => Clutter.Contains(segment, StringComparer.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (!entry.IsEncrypted && DocumentPath.TryParse($"{archive.Value}/{name}", out DocumentPath path) && seen.Add(path.Value))
            {
                yield return (path, entry);
            }
            else
            {
                Skipped++;
            }
        }
    }

    /// <summary>Opens an entry's content, which ends with a refusal when there is more of it than the directory says.</summary>
    public static Stream Open(ZipArchiveEntry entry)
    {
        long left = entry.Length;
        return new CountedStream(entry.Open(), read =>
        {
            left -= read;
            if (left < 0)
            {
                throw new UnreadableDocumentException("The ZIP archive is damaged: an entry is longer than its directory says.");
            }
        });
    }

    public void Dispose() => _zip.Dispose();

    private void CheckDirectory()
    {
        if (_zip.Entries.Count > _options.MaxArchiveEntries)
        {
            throw new UnreadableDocumentException($"The ZIP archive has {_zip.Entries.Count:N0} entries, and at most {_options.MaxArchiveEntries:N0} are unpacked.");
        }

        long total = 0;
        foreach (ZipArchiveEntry entry in _zip.Entries)
        {
            total += entry.Length;
            if (total > _options.MaxArchiveBytes)
            {
                throw new UnreadableDocumentException($"The ZIP archive unpacks to more than {_options.MaxArchiveBytes:N0} bytes, the most that is unpacked.");
            }

            if (entry.Length > SmallEntry && entry.Length / Math.Max(1, entry.CompressedLength) > _options.MaxUnpackRatio)
            {
                throw new UnreadableDocumentException($"An entry of the ZIP archive unpacks to more than {_options.MaxUnpackRatio:N0} times its size.");
            }
        }
    }
}
