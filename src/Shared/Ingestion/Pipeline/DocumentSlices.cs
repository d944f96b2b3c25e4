using System.Text.Json;
using Freehold.Ingestion.Chunking;
using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion;

/// <summary>A piece of a document's extracted text and where it begins, in UTF-16 code units.</summary>
internal readonly record struct TextPiece(int Start, string Content);

/// <summary>Some of a document's chunks, in order, and the text that was read for them.</summary>
internal sealed record DocumentSlice(IReadOnlyList<Chunk> Chunks, IReadOnlyList<TextPiece> Texts, bool IsLast)
{
    /// <summary>The document's language, by PostgreSQL's name; null for the tenant's own.</summary>
    public string? Language { get; init; }
}

/// <summary>A document that is read and cut slice by slice, in the memory of a slice.</summary>
internal sealed class DocumentSlices : IDisposable
{
    /// <summary>Most chunks of a slice, which bounds what a statement's parameters take in memory.</summary>
    public const int Length = 256;

    /// <summary>Most chunks of a document: their numbers are part of their ids.</summary>
    private const int MaxChunks = 1 << 20;

    private const int PieceLength = 1 << 17;

    private readonly IEnumerator<Chunk> _chunks;
    private List<TextPiece> _texts = [];
    private int _textLength;
    private int _count;
    private bool _isBegun;
    private bool _isThere;

    public DocumentSlices(IEnumerable<ExtractedDocument> parts, Chunker chunker, string mediaType)
    {
        MediaType = mediaType;
        _chunks = chunker.Split(Collect(parts)).GetEnumerator();
    }

    /// <summary>What the document was read as.</summary>
    public string MediaType { get; }

    /// <summary>Title found in the document; known with the first slice.</summary>
    public string? Title { get; private set; }

    /// <summary>What the document says of itself; known with the first slice.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; private set; }

    /// <summary>Reads on. Heavy work.</summary>
    /// <exception cref="UnreadableDocumentException">The document cannot be read to its end.</exception>
    public DocumentSlice Next()
    {
        if (!_isBegun)
        {
            (_isBegun, _isThere) = (true, _chunks.MoveNext());
        }

        List<Chunk> chunks = [];
        for (; _isThere && chunks.Count < Length; _isThere = _chunks.MoveNext())
        {
            chunks.Add(_chunks.Current);
        }

        _count += chunks.Count;
        if (_count > MaxChunks)
        {
            throw new UnreadableDocumentException($"The document has more than {MaxChunks:N0} passages.");
        }

        DocumentSlice slice = new(chunks, _texts, IsLast: !_isThere);
        _texts = [];
        return slice;
    }

    /// <inheritdoc/>
    public void Dispose() => _chunks.Dispose();

    private IEnumerable<ExtractedDocument> Collect(IEnumerable<ExtractedDocument> parts)
    {
        foreach (ExtractedDocument part in parts)
        {
            (Title, Metadata) = _textLength == 0 ? (part.Title, part.Metadata) : (Title, Metadata);
            for (int start = 0; start < part.Text.Length;)
            {
                int length = Math.Min(PieceLength, part.Text.Length - start);
                length -= char.IsHighSurrogate(part.Text[start + length - 1]) ? 1 : 0;
                _texts.Add(new TextPiece(_textLength + start, part.Text.Substring(start, length)));
                start += length;
            }

            _textLength += part.Text.Length;
            yield return part;
        }
    }
}
