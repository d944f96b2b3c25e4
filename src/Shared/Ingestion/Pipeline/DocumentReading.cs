using System.Globalization;
using Freehold.Ai;
using Freehold.Ingestion.Chunking;
using Freehold.Ingestion.Readers;
using Freehold.Storage;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>
/// Reads documents, as many at a time as there is memory and processors for, whatever the number of messages in flight, and never so
/// many of one tenant that another's would have to wait for them.
/// </summary>
public sealed class DocumentReading : IDisposable
{
    /// <summary>Files up to this length are held in memory; longer ones are read as they come in, where their format lets them.</summary>
    internal const int SmallBytes = 4 << 20;

    private const int SmallAtATime = 32;

    private readonly IngestionOptions _options;
    private readonly TimeProvider _time;

    // One more than a tenant may take, so that there is always one for somebody else.
    private readonly FairPlaces _processors = new(Environment.ProcessorCount + 1, Environment.ProcessorCount);
    private readonly FairPlaces _small = new(SmallAtATime, SmallAtATime / 2);

    // In MiB of what is held in memory: the largest document that is held whole, and some beside it for somebody else's.
    private readonly FairPlaces _large;

    /// <summary>Takes the limits from the options.</summary>
    public DocumentReading(IOptions<IngestionOptions> options, TimeProvider time)
    {
        _time = time;
        _options = options.Value;
        Readers = new DocumentReaders(options);
        int largest = MebiBytes(_options.MaxDocumentBytes);
        _large = new FairPlaces(largest + (largest / 2), largest);
    }

    /// <summary>What, beside a file, decides what is made of it.</summary>
    internal string Manner => string.Create(
        CultureInfo.InvariantCulture, $"{DocumentReaders.Revision} {_options.ChunkTarget} {_options.ChunkMaximum} {_options.ChunkOverlap}");

    /// <summary>Every format that is read.</summary>
    internal DocumentReaders Readers { get; }

    /// <summary>
    /// Makes sure that a document fits into memory beside those that are being taken in. A small one waits for that, which does not take
    /// long; for a large one, somebody has to ask again.
    /// </summary>
    /// <returns>Dispose it when the document's bytes and chunks are no longer needed. Null when there is no room for a large one now.</returns>
    internal async ValueTask<IDisposable?> TryEnterAsync(
        Guid tenantUid, string path, OpenBlob blob, CancellationToken cancellationToken)
    {
        if (blob.Version.Bytes <= SmallBytes)
        {
            return await _small.EnterAsync(tenantUid, cancellationToken);
        }

        int held = Readers.IsStreamed(path, blob.MediaType) ? SmallBytes : (int)Math.Min(blob.Version.Bytes, _options.MaxDocumentBytes);
        return _large.TryEnter(tenantUid, MebiBytes(held));
    }

    /// <summary>Refuses a document that is larger than what is read of any format.</summary>
    /// <exception cref="UnreadableDocumentException">It is.</exception>
    internal void CheckSize(long bytes)
    {
        if (bytes > _options.MaxStreamedBytes)
        {
            throw new UnreadableDocumentException($"The file is larger than {_options.MaxStreamedBytes:N0} bytes, the most that is read.");
        }
    }

    /// <summary>Reads a small blob to its end.</summary>
    internal static async Task<byte[]> DownloadAsync(OpenBlob blob, CancellationToken cancellationToken)
    {
        byte[] content = new byte[blob.Version.Bytes];
        await blob.Content.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    /// <summary>Begins to read a document, which is cut to the measure of the model that is to embed it.</summary>
    /// <exception cref="UnreadableDocumentException">It can never be read as it is.</exception>
    internal ReadingDocument Begin(DocumentSource document, EmbeddingModel model, CancellationToken cancellationToken) => new(
        this, document, new Chunker(ChunkSize.Of(_options, model.MaxInputTokens), new TokenCounter(model.Tokenizer)), cancellationToken);

    private static int MebiBytes(int bytes) => Math.Max(1, (bytes + (1 << 20) - 1) >> 20);

    /// <inheritdoc/>
    public void Dispose()
    {
        _processors.Dispose();
        _small.Dispose();
        _large.Dispose();
    }

    /// <summary>A document that is being read. Each step takes a processor's place, and has its time.</summary>
    internal sealed class ReadingDocument : IDisposable
    {
        private readonly DocumentReading _reading;
        private readonly Guid _tenantUid;
        private readonly SourceStream _content;
        private readonly CancellationTokenSource _limit;
        private readonly CancellationTokenSource _either;
        private readonly CancellationToken _cancellationToken;
        private readonly Func<DocumentSlices> _open;
        private DocumentSlices? _slices;

        public ReadingDocument(DocumentReading reading, DocumentSource document, Chunker chunker, CancellationToken cancellationToken)
        {
            (_reading, _tenantUid, _content, _cancellationToken) = (reading, document.TenantUid, document.Content, cancellationToken);
            _limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, reading._time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _limit.Token);
            _open = () =>
            {
                OpenedFile file = reading.Readers.Open(document.Path, document.MediaType, document.Content, _either.Token);
                return new DocumentSlices(file.Parts, chunker, file.MediaType);
            };
        }

        /// <summary>What has been read so far belongs to this document.</summary>
        public DocumentSlices Document => _slices ??= _open();

        /// <summary>Reads the next slice.</summary>
        /// <exception cref="UnreadableDocumentException">The document cannot be read to its end.</exception>
        public async Task<DocumentSlice> NextAsync()
        {
            using IDisposable place = await _reading._processors.EnterAsync(_tenantUid, _cancellationToken);
            TimeSpan waited = _content.Waited;
            _limit.CancelAfter(_reading._options.MaxReadTime);
            try
            {
                // Not on the caller's thread, which goes on writing meanwhile.
                return await Task.Run(() => Document.Next(), _cancellationToken);
            }
            catch (OperationCanceledException exception) when (_limit.IsCancellationRequested && !_cancellationToken.IsCancellationRequested)
            {
                // What is waited for is not always the reader.
                throw _content.Waited - waited > _reading._options.MaxReadTime / 2
                    ? new SourceException(exception)
                    : new UnreadableDocumentException(
                        $"Reading the file took longer than {_reading._options.MaxReadTime.TotalSeconds:N0} seconds.", exception);
            }
            finally
            {
                _limit.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _slices?.Dispose();
            _either.Dispose();
            _limit.Dispose();
        }
    }
}

/// <summary>A document that is to be read.</summary>
/// <param name="TenantUid">Whose.</param>
/// <param name="Path">Its path.</param>
/// <param name="MediaType">What storage says that it is.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record DocumentSource(Guid TenantUid, string Path, string? MediaType, SourceStream Content);
