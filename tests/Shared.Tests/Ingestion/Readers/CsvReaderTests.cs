using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class CsvReaderTests
{
    [Theory]
    [InlineData("Name,City\nAnn,Vienna\nBob,Graz", "Name | City\nAnn | Vienna\nBob | Graz")]
    [InlineData("Name;Price\r\nBike;\"1,5\"\r\nCar;\"2;5\"\r\n", "Name | Price\nBike | 1,5\nCar | 2;5")]
    [InlineData("Name\tCity\nAnn, B.\tVienna", "Name | City\nAnn, B. | Vienna")]
    [InlineData("Name|City\nAnn|Vienna", "Name | City\nAnn | Vienna")]
    [InlineData("Name\nAnn", "Name\nAnn")]
    [InlineData("sep=;\nName;City, Country\nAnn;Vienna, Austria", "Name | City, Country\nAnn | Vienna, Austria")]
    [InlineData("a,b\n\n1,2,3\n4\n,5", "a | b\n1 | 2 | 3\n4\n| 5")]
    [InlineData("a,b\n\"two\nlines\",\"say \"\"hi\"\"\"", "a | b\ntwo lines | say \"hi\"")]
    [InlineData("\uFEFFa,b\n1,2", "a | b\n1 | 2")]
    [InlineData("a,b\n5\" pipe,x", "a | b\n5\" pipe | x")]
    public void Rows_become_a_table(string content, string text) => Assert.Equal(["Table: " + text], Files.Read("a.csv", content).Outline());

    [Fact]
    public void Other_encodings_are_read()
    {
        Assert.Equal("Größe | Café\n1 | “x”", Files.Read("a.csv", Find("windows-1252").GetBytes("Größe,Café\n1,“x”")).Text);
        Assert.Equal("a | ü", Files.Read("a.csv", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a,ü")]).Text);
        Assert.Equal("a | ü😀", Files.Read("a.csv", "a,ü😀").Text);

        static Encoding Find(string name) => CodePagesEncodingProvider.Instance.GetEncoding(name)!;
    }

    [Fact]
    public void Parts_of_a_stream_are_the_document_and_repeat_the_header()
    {
        var content = Encoding.UTF8.GetBytes("Number,Square\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"n{i},{i * (long)i}\n")));
        var reader = new CsvReader(new IngestionOptions());

        List<ExtractedDocument> parts = [.. reader.Read(new SourceStream(new MemoryStream(content), content.Length, TimeProvider.System), CancellationToken.None)];

        Assert.InRange(parts.Count, 4, 10);
        var whole = reader.Read(content, CancellationToken.None);
        Assert.Equal(whole.Text, string.Concat(parts.Select(part => part.Text)));
        Assert.All(parts.Skip(1), part => Assert.StartsWith("\n\nNumber | Square\nn", part.Text, StringComparison.Ordinal));
        Assert.All(whole.Blocks, block => Assert.StartsWith("Number | Square\nn", whole.Text[block.Start..block.End], StringComparison.Ordinal));
        Assert.Equal(20_000, whole.Text.Split('\n').Count(line => line.StartsWith('n')));
    }

    [Fact]
    public void Columns_of_a_wide_table_are_not_repeated_without_end()
    {
        var row = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"column{i}"));
        var content = string.Join('\n', Enumerable.Repeat(row, 100));

        Assert.InRange(Files.Read("a.csv", content).Text.Length, content.Length, content.Length * 2);
    }

    [Fact]
    public void Empty_tables_and_rows_without_end_are_refused()
    {
        Assert.Equal("No text was found in the file.", Files.Refusal("a.csv", " \n,,\n"u8.ToArray()));
        var refusal = Files.Refusal("a.csv", Encoding.UTF8.GetBytes("a,b\n1,\"" + new string('x', 10 << 20)));
        Assert.Equal("Row 2 of the CSV file has more than 4,194,304 characters. Perhaps a quotation mark is not closed.", refusal);
    }
}
