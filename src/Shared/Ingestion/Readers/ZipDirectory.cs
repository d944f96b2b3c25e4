using System.Buffers.Binary;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// The directory of a ZIP file, which lies before the record at the end of the file (APPNOTE.TXT, 4.3.14 to 4.3.16). It is read as a whole
/// before any limit on what it lists can be checked, so its own length is checked first.
/// </summary>
internal static class ZipDirectory
{
    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int LongEndBytes = 56;
    private const int LongestComment = ushort.MaxValue;

    /// <summary>Bytes that the directory takes.</summary>
    /// <exception cref="InvalidDataException">There is none, or not where it should be.</exception>
    public static long Length(Stream content)
    {
        var tail = Read(content, Math.Max(0, content.Length - LongestComment - EndBytes - LocatorBytes), LongestComment + EndBytes + LocatorBytes);
        var end = tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        if (end < 0 || end + EndBytes > tail.Length)
        {
            throw new InvalidDataException("The zip file has no directory.");
        }

        var at = content.Length - tail.Length + end;
        var record = tail.AsSpan(end);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        var isLong = start == uint.MaxValue
            || BinaryPrimitives.ReadUInt16LittleEndian(record[10..]) == ushort.MaxValue
            || BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) == ushort.MaxValue;
        if (isLong && end >= LocatorBytes && tail.AsSpan(end - LocatorBytes).StartsWith("PK\u0006\u0007"u8))
        {
            var place = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LocatorBytes + 8));
            var longEnd = place < 0 || place > at - LongEndBytes ? [] : Read(content, place, LongEndBytes);
            start = longEnd.AsSpan().StartsWith("PK\u0006\u0006"u8) ? BinaryPrimitives.ReadInt64LittleEndian(longEnd.AsSpan(48)) : -1;
        }

        return start >= 0 && start <= at ? at - start : throw new InvalidDataException("The directory of the zip file is not where it should be.");
    }

    private static byte[] Read(Stream content, long from, int most)
    {
        content.Position = from;
        var bytes = new byte[Math.Min(most, content.Length - from)];
        content.ReadExactly(bytes);
        return bytes;
    }
}
