using System.Buffers;
using System.Buffers.Binary;

namespace Freehold.Bench.Isolation;

/// <summary>Rows in COPY's binary format (https://www.postgresql.org/docs/current/sql-copy.html), with pgvector's halfvec.</summary>
internal sealed class CopyRows
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What has been written since the last call.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        byte[] taken = _bytes.WrittenSpan.ToArray();
        _bytes.ResetWrittenCount();
        return taken;
    }

    public CopyRows Begin()
    {
        _bytes.Write<byte>([.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8]);
        Write32(0);
        Write32(0);
        return this;
    }

    public CopyRows Row(int fields)
    {
        Write16((short)fields);
        return this;
    }

    public CopyRows Field(int value)
    {
        Write32(sizeof(int));
        Write32(value);
        return this;
    }

    public CopyRows Field(long value)
    {
        Write32(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
        return this;
    }

    public CopyRows Field(ReadOnlySpan<Half> vector)
    {
        Write32(4 + (2 * vector.Length));
        Write16((short)vector.Length);
        Write16(0);
        foreach (Half value in vector)
        {
            Write16(BitConverter.HalfToInt16Bits(value));
        }

        return this;
    }

    public CopyRows End()
    {
        Write16(-1);
        return this;
    }

    private void Write16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_bytes.GetSpan(sizeof(short)), value);
        _bytes.Advance(sizeof(short));
    }

    private void Write32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
    }
}
