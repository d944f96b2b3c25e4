namespace Freehold.Ingestion.Readers;

/// <summary>
/// A text file as it comes in, decoded by its byte order mark or as UTF-8; bytes that are no UTF-8 are taken as Windows-1252. Its beginning can be
/// looked at before it is read. Ends with the cancellation.
/// </summary>
internal sealed class TextStream : TextReader
{
    private const int HeadCharacters = 64 << 10;

    private readonly StreamReader _reader;
    private readonly CancellationToken _cancellationToken;
    private readonly char[] _head = new char[HeadCharacters];
    private readonly int _headLength;
    private int _read;

    public TextStream(Stream content, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _reader = new StreamReader(content, TextDecoder.Lenient, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        _headLength = _reader.ReadBlock(_head);
    }

    /// <summary>How the text begins.</summary>
    public ReadOnlySpan<char> Head => _head.AsSpan(0, _headLength);

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
