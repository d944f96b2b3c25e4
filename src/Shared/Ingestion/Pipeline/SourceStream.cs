using System.Security.Cryptography;
using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion;

/// <summary>A file's bytes as they come in, once: its beginning can be looked at before, and its hash is known when all has been read.</summary>
internal sealed class SourceStream(Stream inner, long length, TimeProvider time) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[]? _head;
    private long _waited;
    private int _replayed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>How long reading has waited for storage.</summary>
    public TimeSpan Waited => new(_waited);

    /// <summary>The first bytes, which are read again afterwards.</summary>
    public ReadOnlySpan<byte> Head => _head ??= ReadHead();

    /// <summary>All of the file, for a format that is not read in one pass.</summary>
    /// <exception cref="UnreadableDocumentException">It is longer than such a file may be.</exception>
    public ReadOnlyMemory<byte> ReadWhole(int most, string name)
    {
        if (length > most)
        {
            throw new UnreadableDocumentException($"The {name} is larger than {most:N0} bytes, the most that is read of its format.");
        }

        byte[] content = new byte[length];
        this.ReadExactly(content);
        return content;
    }

    /// <summary>SHA-256 of the file. Reads what is left of it.</summary>
    public byte[] Finish()
    {
        CopyTo(Null);
        return _hash.GetHashAndReset();
    }

    public override int Read(Span<byte> buffer)
    {
        ReadOnlySpan<byte> replay = Head[_replayed..];
        int read;
        if (replay.IsEmpty)
        {
            read = ReadInner(buffer);
        }
        else
        {
            read = Math.Min(replay.Length, buffer.Length);
            replay[..read].CopyTo(buffer);
            _replayed += read;
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private byte[] ReadHead()
    {
        byte[] head = new byte[Math.Min(length, DocumentReaders.HeadBytes)];
        int filled = 0;
        for (int read; filled < head.Length && (read = ReadInner(head.AsSpan(filled))) > 0; filled += read)
        {
        }

        return head[..filled];
    }

    private int ReadInner(Span<byte> buffer)
    {
        long started = time.GetTimestamp();
        try
        {
            int read = inner.Read(buffer);
            _hash.AppendData(buffer[..read]);
            return read;
        }
        catch (Exception exception)
        {
            throw new SourceException(exception);
        }
        finally
        {
            _waited += time.GetElapsedTime(started).Ticks;
        }
    }
}

/// <summary>Storage failed while a file was read, which says nothing of the file.</summary>
internal sealed class SourceException(Exception innerException) : IOException("The document could not be read from storage.", innerException);
