using Freehold.Ingestion.Readers;
using Freehold.Storage;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>Reads a blob into memory and its text out of it, a few documents at a time, whatever the number of messages in flight.</summary>
public sealed class DocumentReading : IDisposable
{
    private const int LargeBytes = 4 << 20;
    private const int SmallAtATime = 32;
    private const int MaxChunks = 1 << 20;

    private readonly Chunker _chunker;
    private readonly IngestionOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);
    private readonly SemaphoreSlim _small = new(SmallAtATime);
    private readonly SemaphoreSlim _large = new(1);

    /// <summary>Takes the limits from the options.</summary>
    public DocumentReading(IOptions<IngestionOptions> options, TimeProvider time)
    {
        _time = time;
        _options = options.Value;
        Readers = new DocumentReaders(options);
        _chunker = new Chunker(options);
    }

    /// <summary>Every format that is read.</summary>
    internal DocumentReaders Readers { get; }

    /// <summary>Makes sure that a document fits into memory beside those that are being taken in: large ones come one at a time.</summary>
    /// <returns>Dispose it when the document's bytes and chunks are no longer needed.</returns>
    /// <exception cref="UnreadableDocumentException">It is larger than what is read.</exception>
    internal async Task<IDisposable> EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes > _options.MaxDocumentBytes)
        {
            throw new UnreadableDocumentException($"The file is larger than {_options.MaxDocumentBytes:N0} bytes, the most that is read.");
        }

        SemaphoreSlim room = bytes > LargeBytes ? _large : _small;
        await room.WaitAsync(cancellationToken);
        return new Room(room);
    }

    /// <summary>Reads a blob to its end.</summary>
    internal static async Task<byte[]> DownloadAsync(OpenBlob blob, CancellationToken cancellationToken)
    {
        byte[] content = new byte[blob.Version.Bytes];
        await blob.Content.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <summary>Extracts and cuts a document. Heavy work, done on as many documents at a time as there are processors.</summary>
    /// <exception cref="UnreadableDocumentException">It can never be read as it is.</exception>
    internal async Task<DocumentVersion> ReadAsync(
        string path, string etag, string? mediaType, byte[] content, byte[] contentHash, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        using CancellationTokenSource limit = new(_options.MaxReadTime, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            ExtractedDocument document = Readers.Read(path, mediaType, content, either.Token);
            List<Chunk> chunks = [.. _chunker.Split(document).Take(MaxChunks + 1)];
            return chunks.Count <= MaxChunks
                ? new DocumentVersion(
                    path, etag, contentHash, document.Title, Readers.MediaTypeOf(path, mediaType, content)!, content.Length, document.Text, chunks)
                : throw new UnreadableDocumentException($"The document has more than {MaxChunks:N0} passages.");
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new UnreadableDocumentException($"Reading the file took longer than {_options.MaxReadTime.TotalSeconds:N0} seconds.", exception);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        _small.Dispose();
        _large.Dispose();
    }

    private sealed class Room(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
