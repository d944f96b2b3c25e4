using System.Buffers.Binary;
using System.Text;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

/// <summary>What the parser would read into gigabytes of a font whose tables are damaged.</summary>
public sealed class PdfFontsTests
{
    [Fact]
    public void Letters_of_a_font_are_empty_whatever_its_tables_say()
    {
        byte[] font = Font("head", "maxp", "glyf", "LOCA", "loca");

        ReadOnlySpan<byte> changed = PdfFonts.WithoutOutlines(font).Span;

        foreach (var entry in (int[])[3, 4])
        {
            var places = changed[BinaryPrimitives.ReadInt32BigEndian(changed[(12 + (16 * entry) + 8)..])..];
            Assert.False(places[..(65_536 * 4)].ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void Names_are_hidden_and_maps_of_characters_are_few()
    {
        byte[] font = Font("head", "maxp", "glyf", "loca", "name", "cmap");

        ReadOnlySpan<byte> changed = PdfFonts.WithoutOutlines(font).Span;

        Assert.True(changed[..font.Length].IndexOf("name"u8) < 0);
        Assert.Equal(32, BinaryPrimitives.ReadUInt16BigEndian(changed[(BinaryPrimitives.ReadInt32BigEndian(changed[(12 + (16 * 5) + 8)..]) + 2)..]));
    }

    [Fact]
    public void What_is_no_font_stays_as_it_is()
    {
        foreach (var content in (byte[][])[[], [0, 1, 0, 0], [.. "BT /F 12 Tf (head maxp glyf loca) Tj ET"u8], Font("head", "maxp", "loca"), [.. Font("head", "maxp", "glyf", "loca").AsSpan(0, 40)]])
        {
            Memory<byte> unpacked = content;
            Assert.Equal(unpacked, PdfFonts.WithoutOutlines(unpacked));
        }
    }

    // Tables of 65,535 of whatever they hold.
    private static byte[] Font(params string[] tags)
    {
        var font = new byte[12 + (tags.Length * 32)];
        font.AsSpan(12 + (tags.Length * 16)).Fill(0xFF);
        BinaryPrimitives.WriteUInt32BigEndian(font, 0x00010000);
        BinaryPrimitives.WriteUInt16BigEndian(font.AsSpan(4), (ushort)tags.Length);
        for (var i = 0; i < tags.Length; i++)
        {
            var entry = font.AsSpan(12 + (i * 16), 16);
            Encoding.ASCII.GetBytes(tags[i], entry);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], 12 + ((tags.Length + i) * 16));
            BinaryPrimitives.WriteInt32BigEndian(entry[12..], 16);
        }

        return font;
    }
}
