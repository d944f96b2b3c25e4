namespace Freehold.Ingestion.Readers;

/// <summary>
/// A text file as it comes in, in the encoding that its first bytes show; where these are UTF-8, what is none further on is taken as
/// Windows-1252. Its beginning can be looked at before it is read. Ends with the cancellation.
/// </summary>
internal sealed class TextStream : TextReader
{
    private const int HeadCharacters = 64 << 10;

    // Most texts are shorter, and what is larger than this is costly to have, if only for a moment.
    private const int ShortCharacters = 16 << 10;

    private readonly StreamReader _reader;
    private readonly CancellationToken _cancellationToken;
    private readonly char[] _head = [];
    private readonly int _headLength;
    private int _read;

    public TextStream(SourceStream content, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _reader = new StreamReader(content, EncodingGuess.Of(content.Head) ?? TextDecoder.Lenient, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        _headLength = ReadBlock(_reader, ref _head, HeadCharacters);
    }

    /// <summary>How the text begins.</summary>
    public ReadOnlySpan<char> Head => _head.AsSpan(0, _headLength);

    /// <summary>Reads the next characters, so many at most.</summary>
    /// <returns>How many there were: less than the buffer holds when the text has ended.</returns>
    public static int ReadBlock(TextReader reader, ref char[] buffer, int most)
    {
        if (buffer.Length == 0)
        {
            buffer = new char[Math.Min(ShortCharacters, most)];
        }

        var length = reader.ReadBlock(buffer);
        if (length == buffer.Length && length < most)
        {
            Array.Resize(ref buffer, most);
            length += reader.ReadBlock(buffer.AsSpan(length));
        }

        return length;
    }

    public override int Peek() => _read < _headLength ? _head[_read] : _reader.Peek();

    public override int Read() => _read < _headLength ? _head[_read++] : _reader.Read();

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_read == _headLength)
        {
            return _reader.Read(buffer);
        }

        var length = Math.Min(buffer.Length, _headLength - _read);
        _head.AsSpan(_read, length).CopyTo(buffer);
        _read += length;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _reader.Dispose();
        }

        base.Dispose(disposing);
    }
}
