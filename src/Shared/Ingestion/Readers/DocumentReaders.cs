using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Every format that is read. A reader is chosen by the file's name; where that says nothing, by the media type.
/// Refuses with <see cref="UnreadableDocumentException"/>, whatever hostile content does to a parser.
/// </summary>
internal sealed class DocumentReaders
{
    /// <summary>How many of a file's first bytes <see cref="WhyNot"/> looks at.</summary>
    public const int HeadBytes = 4096;

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
        ];
        foreach (var reader in readers)
        {
            _byMediaType.Add(reader.MediaType, reader);
            foreach (var extension in reader.Extensions)
            {
                _byExtension.Add(extension, reader);
            }
        }
    }

    /// <summary>File name endings that are read, with the dot.</summary>
    public IReadOnlyCollection<string> Extensions => _byExtension.Keys;

    /// <summary>Finds the media type that a file is read as, or null if its type is unknown.</summary>
    public string? MediaTypeOf(string path, string? mediaType) =>
        TryFind(path, mediaType, out var reader) ? reader.MediaType : null;

    /// <summary>Finds the reader for a file. False means that files of this type are not read.</summary>
    public bool TryFind(string path, string? mediaType, [NotNullWhen(true)] out IDocumentReader? reader) =>
        _byExtension.TryGetValue(Path.GetExtension(path), out reader)
        || _byMediaType.TryGetValue(BareMediaType(mediaType), out reader);

    /// <summary>
    /// Tells why a file will not be read, in a sentence for its owner, or null if nothing speaks against it. Looks at
    /// its name and its first bytes alone (<see cref="HeadBytes"/> are enough), so it suits an upload that has only begun.
    /// </summary>
    public string? WhyNot(string path, string? mediaType, ReadOnlySpan<byte> head)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (!TryFind(path, mediaType, out var reader))
        {
            var type = extension.Length > 1 && extension.Length <= 12 ? $"of type {extension}" : "without a known type";
            return $"Files {type} are not read. These are: {string.Join(", ", Extensions)}.";
        }

        if (head.IsEmpty)
        {
            return "The file is empty.";
        }

        var claim = _byExtension.ContainsKey(extension) ? $"named {extension}" : $"sent as {reader.MediaType}";
        return reader.WhyNot(head[..Math.Min(head.Length, HeadBytes)]) is { } reason ? $"The file is {claim}, but {reason}" : null;
    }

    /// <summary>Extracts a file's text and structure.</summary>
    /// <exception cref="UnreadableDocumentException">The file can never be read as it is.</exception>
    public ExtractedDocument Read(string path, string? mediaType, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > _options.MaxDocumentBytes)
        {
            throw new UnreadableDocumentException($"The file is larger than {_options.MaxDocumentBytes:N0} bytes, the most that is read.");
        }

        if (WhyNot(path, mediaType, content.Span[..Math.Min(content.Length, HeadBytes)]) is { } reason)
        {
            throw new UnreadableDocumentException(reason);
        }

        TryFind(path, mediaType, out var reader);
        return Guard(reader!, () => reader!.Read(content, cancellationToken), cancellationToken);
    }

    /// <summary>Chooses a reader for a file and begins to read; its parts are read as they are taken.</summary>
    /// <exception cref="UnreadableDocumentException">The file can never be read as it is. Also while parts are taken.</exception>
    public OpenedFile Open(string path, string? mediaType, SourceStream content, CancellationToken cancellationToken)
    {
        if (WhyNot(path, mediaType, content.Head) is { } reason)
        {
            throw new UnreadableDocumentException(reason);
        }

        TryFind(path, mediaType, out var reader);
        return new OpenedFile(reader!.MediaType, Parts(reader, content, cancellationToken));
    }

    private IEnumerable<ExtractedDocument> Parts(IDocumentReader reader, SourceStream content, CancellationToken cancellationToken)
    {
        using var parts = (reader is IStreamingReader streaming
            ? streaming.Read(content, cancellationToken)
            : Whole(reader, content, cancellationToken)).GetEnumerator();
        while (Guard(reader, parts.MoveNext, cancellationToken))
        {
            yield return parts.Current;
        }
    }

    private IEnumerable<ExtractedDocument> Whole(IDocumentReader reader, SourceStream content, CancellationToken cancellationToken)
    {
        yield return reader.Read(content.ReadWhole(_options.MaxDocumentBytes, reader.Name), cancellationToken);
    }

    // The content is in memory, or a storage that fails says so, and nothing else is touched: whatever else a parser throws, the
    // content made it.
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

    private static string BareMediaType(string? mediaType) => mediaType?.Split(';', 2)[0].Trim() ?? "";
}

/// <summary>A file that is being read.</summary>
/// <param name="MediaType">What it is read as.</param>
/// <param name="Parts">Its text, part by part.</param>
internal sealed record OpenedFile(string MediaType, IEnumerable<ExtractedDocument> Parts);
