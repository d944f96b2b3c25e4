using Freehold.Ingestion.Readers;
using Freehold.Storage;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>Reads a blob into memory and its text out of it, a few documents at a time, whatever the number of messages in flight.</summary>
public sealed class DocumentReading : IDisposable
{
    private readonly DocumentReaders _readers;
    private readonly Chunker _chunker;
    private readonly IngestionOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places = new(Environment.ProcessorCount);

    /// <summary>Takes the limits from the options.</summary>
    public DocumentReading(IOptions<IngestionOptions> options, TimeProvider time)
    {
        _time = time;
        _options = options.Value;
        _readers = new DocumentReaders(options);
        _chunker = new Chunker(options);
    }

    /// <summary>Reads a blob to its end.</summary>
    /// <exception cref="UnreadableDocumentException">It is larger than what is read.</exception>
    internal async Task<byte[]> DownloadAsync(OpenBlob blob, CancellationToken cancellationToken)
    {
        if (blob.Version.Bytes > _options.MaxDocumentBytes)
        {
            throw new UnreadableDocumentException($"The file is larger than {_options.MaxDocumentBytes:N0} bytes, the most that is read.");
        }

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
            ExtractedDocument document = _readers.Read(path, mediaType, content, either.Token);
            return new DocumentVersion(
                path,
                etag,
                contentHash,
                document.Title,
                _readers.MediaTypeOf(path, mediaType)!,
                content.Length,
                document.Text,
                _chunker.Split(document).ToList());
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
    public void Dispose() => _places.Dispose();
}
