using Freehold.Ingestion.Archives;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Every format that is read. What a file's bytes show beyond doubt (PDF, Office) counts more than its name; formats of text go by the name, then by
/// the media type, then by how the text begins. Refuses with <see cref="UnreadableDocumentException"/>, whatever hostile content does to a parser.
/// </summary>
internal sealed class DocumentReaders
{
    /// <summary>How many of a file's first bytes <see cref="WhyNot"/> looks at.</summary>
    public const int HeadBytes = 4096;

    /// <summary>To be raised where readers or the chunker begin to make something else of the same file, which is then read anew when it is uploaded again.</summary>
    public const int Revision = 2;

    private readonly IngestionOptions _options;
    private readonly Dictionary<string, IDocumentReader> _byExtension = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IDocumentReader> _byMediaType = new(StringComparer.OrdinalIgnoreCase);

    public DocumentReaders(IOptions<IngestionOptions> options)
    {
        _options = options.Value;
        IDocumentReader[] readers =
        [
            new PlainTextReader(_options),
            new MarkdownReader(_options),
            new HtmlReader(_options),
            new PdfReader(_options),
            new DocxReader(_options),
            new PptxReader(_options),
            new XlsxReader(_options),
            new CsvReader(_options),
            new JsonFileReader(_options),
            new JsonLinesReader(_options),
            new EmlReader(_options, this),
        ];
        foreach (var reader in readers)
        {
            foreach (var mediaType in reader.OtherMediaTypes.Prepend(reader.MediaType))
            {
                _byMediaType.Add(mediaType, reader);
            }

            foreach (var extension in reader.Extensions)
            {
                _byExtension.Add(extension, reader);
            }
        }
    }

    /// <summary>File name endings that are read, with the dot.</summary>
    public IReadOnlyCollection<string> Extensions => _byExtension.Keys;

    /// <summary>Finds the media type that a file is read as, or null if files like it are not read. The first bytes do (<see cref="HeadBytes"/>).</summary>
    public string? MediaTypeOf(string path, string? mediaType, ReadOnlySpan<byte> content) =>
        Archive.Is(path, content) ? Archive.MediaType : Choose(path, mediaType, content, ContentSignature.Of(content)).Reader?.MediaType;

    /// <summary>
    /// Tells why a file will not be read, in a sentence for its owner, or null if nothing speaks against it. Looks at
    /// its name and its first bytes alone (<see cref="HeadBytes"/> are enough), so it suits an upload that has only begun.
    /// </summary>
    public string? WhyNot(string path, string? mediaType, ReadOnlySpan<byte> head) =>
        !head.IsEmpty && Archive.Is(path, head) ? null : Choose(path, mediaType, head, ContentSignature.Of(head)).WhyNot;

    /// <summary>Whether files like it are read as they come in, as far as name and media type say.</summary>
    public bool IsStreamed(string path, string? mediaType) => Choose(path, mediaType, default, default).Reader is IStreamingReader;

    /// <summary>Finds the reader for a file that is at hand as a whole.</summary>
    /// <exception cref="UnreadableDocumentException">It is not read.</exception>
    public IDocumentReader Find(string path, string? mediaType, ReadOnlyMemory<byte> content)
    {
        var signature = ContentSignature.Of(content.Span);
        if (signature.Refusal is null && content.Span.StartsWith("PK\u0003\u0004"u8) && OfficePackage.MainType(content) is { } type)
        {
            signature = ContentSignature.OfMainType(type);
        }

        var (reader, whyNot) = Choose(path, mediaType, content.Span, signature);
        return whyNot is null ? reader! : throw new UnreadableDocumentException(whyNot);
    }

    /// <summary>Extracts a file's text and structure.</summary>
    /// <exception cref="UnreadableDocumentException">The file can never be read as it is.</exception>
    public ExtractedDocument Read(string path, string? mediaType, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > _options.MaxDocumentBytes)
        {
            throw new UnreadableDocumentException($"The file is larger than {_options.MaxDocumentBytes:N0} bytes, the most that is read.");
        }

        var reader = Find(path, mediaType, content);
        return Guard(reader, () => reader.Read(content, cancellationToken), cancellationToken);
    }

    /// <summary>Chooses a reader for a file and begins to read; its parts are read as they are taken.</summary>
    /// <exception cref="UnreadableDocumentException">The file can never be read as it is. Also while parts are taken.</exception>
    public OpenedFile Open(string path, string? mediaType, SourceStream content, CancellationToken cancellationToken)
    {
        var (reader, whyNot) = Choose(path, mediaType, content.Head, ContentSignature.Of(content.Head));
        if (whyNot is not null)
        {
            throw new UnreadableDocumentException(whyNot);
        }

        if (reader is IStreamingReader streaming)
        {
            return new OpenedFile(reader.MediaType, Parts(reader, streaming.Read(content, cancellationToken), cancellationToken));
        }

        // Only the whole of a package tells what it is.
        var whole = content.ReadWhole(_options.MaxDocumentBytes, reader!.Name);
        reader = Find(path, mediaType, whole);
        return new OpenedFile(reader.MediaType, Parts(reader, Whole(reader, whole, cancellationToken), cancellationToken));
    }

    private static IEnumerable<ExtractedDocument> Whole(IDocumentReader reader, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        yield return reader.Read(content, cancellationToken);
    }

    private static IEnumerable<ExtractedDocument> Parts(
        IDocumentReader reader, IEnumerable<ExtractedDocument> read, CancellationToken cancellationToken)
    {
        using var parts = read.GetEnumerator();
        while (Guard(reader, parts.MoveNext, cancellationToken))
        {
            yield return parts.Current;
        }
    }

    // Storage that fails says so, and nothing else is touched: whatever else a parser throws, the content made it.
    private static T Guard<T>(IDocumentReader reader, Func<T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return read();
        }
        catch (OutOfMemoryException exception)
        {
            throw new UnreadableDocumentException($"The {reader.Name} takes more memory to read than there is.", exception);
        }
        catch (Exception exception) when (exception is not (UnreadableDocumentException or SourceException)
            && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new UnreadableDocumentException($"The {reader.Name} is damaged and could not be read.", exception);
        }
    }

    private (IDocumentReader? Reader, string? WhyNot) Choose(
        string path, string? mediaType, ReadOnlySpan<byte> content, ContentSignature signature)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        var isNamed = _byExtension.TryGetValue(extension, out var reader);
        var isKnown = isNamed || _byMediaType.TryGetValue(BareMediaType(mediaType), out reader);
        var claim = isNamed ? $"named {extension}" : $"sent as {reader?.MediaType}";
        if (content.IsEmpty)
        {
            return (reader, "The file is empty.");
        }

        if (signature.MediaType is { } type)
        {
            return (_byMediaType[type], null);
        }

        if (signature.Refusal is { } refusal)
        {
            return (reader, isKnown ? $"The file is {claim}, but {refusal}" : char.ToUpperInvariant(refusal[0]) + refusal[1..]);
        }

        var head = content[..Math.Min(content.Length, HeadBytes)];
        if (isKnown)
        {
            return (reader, reader!.WhyNot(head) is { } reason ? $"The file is {claim}, but {reason}" : null);
        }

        if (head.StartsWith("PK\u0003\u0004"u8))
        {
            return (null, "It is a ZIP archive. Name it .zip, and each file in it is read.");
        }

        return TextSniffer.MediaTypeOf(head) is { } text ? (_byMediaType[text], null) : (null, NotRead(extension));
    }

    private string NotRead(string extension)
    {
        var type = extension.Length is > 1 and <= 12 ? $"of type {extension}" : "without a known type";
        var text = _byMediaType["text/plain"];
        var others = _byExtension.Where(known => known.Value != text).Select(known => known.Key);
        return $"Files {type} are not read. These are: {string.Join(", ", others)}, and plain text of all kinds, such as .txt, .log and source code.";
    }

    private static string BareMediaType(string? mediaType) => mediaType?.Split(';', 2)[0].Trim() ?? "";
}

/// <summary>A file that is being read.</summary>
/// <param name="MediaType">What it is read as.</param>
/// <param name="Parts">Its text, part by part.</param>
internal sealed record OpenedFile(string MediaType, IEnumerable<ExtractedDocument> Parts);
