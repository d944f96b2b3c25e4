using System.Buffers.Binary;
using System.IO.Compression;
using Freehold.Ingestion;
using Freehold.Ingestion.Archives;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class ZipDirectoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(70_000)]
    public void Length_is_that_of_all_records(int entries)
    {
        using var zip = Zip(entries, comment: "PK and so on");

        // A record has 46 bytes and the name; of more than 65,535, there is a record of 64 bits at the end and a locator.
        var longEnd = entries > ushort.MaxValue ? 56 + 20 : 0;
        Assert.Equal((entries * (46 + 6)) + longEnd, ZipDirectory.Length(zip));
    }

    [Fact]
    public void Archive_with_a_directory_beyond_the_limit_is_refused_before_it_is_read()
    {
        using var zip = Zip(2_000);

        var refusal = Assert.Throws<UnreadableDocumentException>(() => Archive.Open(zip, new IngestionOptions { MaxArchiveEntries = 10 }));

        Assert.Equal("The ZIP archive has far more entries than the 10 that are unpacked at most.", refusal.Message);
    }

    [Fact]
    public void Archive_whose_end_says_that_it_has_few_is_refused_all_the_same()
    {
        using var zip = Zip(2_000);
        var bytes = zip.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(bytes.Length - 22 + 10), 1);

        Assert.Throws<UnreadableDocumentException>(() => Archive.Open(new MemoryStream(bytes), new IngestionOptions { MaxArchiveEntries = 10 }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PK\u0005\u0006")]
    public void File_without_a_directory_has_none(string text) =>
        Assert.Throws<InvalidDataException>(() => ZipDirectory.Length(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(text))));

    private static MemoryStream Zip(int entries, string comment = "")
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            zip.Comment = comment;
            for (var i = 0; i < entries; i++)
            {
                zip.CreateEntry($"{i:D6}", CompressionLevel.NoCompression);
            }
        }

        stream.Position = 0;
        return stream;
    }
}
