using System.Buffers.Binary;
using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Takes out of TrueType fonts what says nothing of the text: the outlines of the letters, and names. Where a letter stands and how wide
/// it is can be told without them, and the parser reads them all at once: gigabytes, where the table of their places is damaged.
/// </summary>
internal static class PdfFonts
{
    // The font's directory of tables: how many, and for each its tag, checksum, offset and length (OpenType, "Table Directory").
    private const int CountOffset = 4;
    private const int DirectoryOffset = 12;
    private const int EntryLength = 16;
    private const int PlaceOffset = 8;

    // Of letters by their characters: any font has a few.
    private const int CountLength = sizeof(ushort);
    private const ushort MaxMaps = 32;

    // A place for each letter, and one more.
    private const int LongestPlaces = 65_536 * sizeof(uint);

    /// <summary>What a stream unpacks to, with all letters empty if it is a font.</summary>
    public static Memory<byte> WithoutOutlines(Memory<byte> unpacked)
    {
        if (!Holds(unpacked.Span, "glyf"u8) || !Holds(unpacked.Span, "head"u8) || !Holds(unpacked.Span, "maxp"u8))
        {
            return unpacked;
        }

        // As many zeros as any font needs, behind its end: who knows what else lies where the table is said to be.
        var font = new byte[unpacked.Length + LongestPlaces];
        unpacked.CopyTo(font);
        ForEach("loca"u8, font, unpacked.Length, entry => BinaryPrimitives.WriteInt32BigEndian(entry[PlaceOffset..], unpacked.Length));
        ForEach("name"u8, font, unpacked.Length, entry => entry[0] = (byte)'-');
        ForEach("cmap"u8, font, unpacked.Length, entry => LimitMaps(font.AsSpan(0, unpacked.Length), BinaryPrimitives.ReadUInt32BigEndian(entry[PlaceOffset..])));
        return font;
    }

    // Each may be 64 KiB, and all may lie in the same place.
    private static void LimitMaps(Span<byte> font, uint at)
    {
        if (at + CountLength + CountLength <= (uint)font.Length)
        {
            var count = font.Slice((int)at + CountLength, CountLength);
            BinaryPrimitives.WriteUInt16BigEndian(count, Math.Min(MaxMaps, BinaryPrimitives.ReadUInt16BigEndian(count)));
        }
    }

    private delegate void ChangeEntry(Span<byte> entry);

    private static void ForEach(ReadOnlySpan<byte> tag, byte[] font, int length, ChangeEntry change)
    {
        for (var from = DirectoryOffset; Find(font.AsSpan(0, length), tag, from) is >= 0 and var at; from = at + EntryLength)
        {
            change(font.AsSpan(at, EntryLength));
        }
    }

    private static bool Holds(ReadOnlySpan<byte> font, ReadOnlySpan<byte> tag) => Find(font, tag, DirectoryOffset) >= 0;

    // The parser knows tags in any case.
    private static int Find(ReadOnlySpan<byte> font, ReadOnlySpan<byte> tag, int from)
    {
        var count = font.Length < DirectoryOffset ? 0 : BinaryPrimitives.ReadUInt16BigEndian(font[CountOffset..]);
        var end = Math.Min(DirectoryOffset + (count * EntryLength), font.Length - EntryLength + 1);
        for (var at = from; at < end; at += EntryLength)
        {
            if (Ascii.EqualsIgnoreCase(font.Slice(at, tag.Length), tag))
            {
                return at;
            }
        }

        return -1;
    }
}
