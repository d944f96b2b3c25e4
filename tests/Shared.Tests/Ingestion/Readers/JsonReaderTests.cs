using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class JsonReaderTests
{
    [Fact]
    public void Values_become_lines_with_their_path()
    {
        const string Json = """
            { // a comment
              "title": "Config", "size": 12345678901234567890123, "on": true, "none": null,
              "owner": { "name": "Ann", "tags": ["a", "b"] },
              "nested": [ [1, 2], { "x": "two\nlines" } ], }
            """;

        var document = Files.Read("a.json", Json);

        Assert.Equal("Config", document.Title);
        Assert.Equal(
            [
                "Paragraph: title: Config\nsize: 12345678901234567890123\non: true",
                "Paragraph: owner.name: Ann\nowner.tags: a\nowner.tags: b",
                "Paragraph: 1\n2",
                "Paragraph: x: two\nlines",
            ],
            document.Outline());
    }

    [Fact]
    public void A_long_key_is_said_once()
    {
        var key = new string('k', 100_000);

        var document = Files.Read("a.json", $"{{\"a\":{{\"{key}\":[{Files.Repeat("1,", 1_000)}2]}}}}");

        Assert.Equal($"{key}:\n{Files.Repeat("a: 1\n", 1_000)}a: 2", document.Text);
    }

    [Fact]
    public void Records_become_blocks_under_their_names()
    {
        Assert.Equal(
            ["Heading2: Bike", "Paragraph: name: Bike\nprice: 5", "Paragraph: id: 7\nparts[0].p: q", "Paragraph: last"],
            Files.Read("a.json", """[{"name": "Bike", "price": 5}, {"id": 7, "parts": [{"p": "q"}]}, "last"]""").Outline());
        Assert.Equal(
            ["Paragraph: total: 2", "Paragraph: after: yes", "Heading2: A", "Paragraph: title: A", "Heading2: B", "Paragraph: title: B\nname: b"],
            Files.Read("a.json", """{"total": 2, "data": {"items": [{"title": "A"}, {"title": "B", "name": "b"}]}, "after": "yes"}""").Outline());
    }

    [Theory]
    [InlineData("""{"a": "\uD800x", "\uDC00": 1}""", "a: \uFFFDx\n\uFFFD: 1")]
    [InlineData("""{"a": 1, "a": 2}""", "a: 1\na: 2")]
    [InlineData("""{"a": 1e999999, "b": "\u0000"}""", "a: 1e999999\nb: \uFFFD")]
    [InlineData("\"text\"", "text")]
    [InlineData("\uFEFF[1, 2]", "1\n2")]
    public void Odd_values_are_read(string json, string text) => Assert.Equal(text, Files.Read("a.json", json).Text);

    [Theory]
    [InlineData("{\"a\": NaN}", "The file is no valid JSON: see line 1.")]
    [InlineData("{\n\"a\": 1,\n\"b\"\n}", "The file is no valid JSON: see line 4.")]
    [InlineData("{} {}", "The file is no valid JSON: see line 1.")]
    [InlineData("{}", "No text was found in the file.")]
    public void Bad_json_is_refused_with_its_line(string json, string reason) =>
        Assert.Equal(reason, Files.Refusal("a.json", Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Depth_is_limited() =>
        Assert.Equal(
            "The JSON is nested more than 64 levels deep, the most that are read.",
            Files.Refusal("a.json", Encoding.UTF8.GetBytes(Files.Repeat("[", 1_000_000))));

    [Fact]
    public void Lines_become_blocks() =>
        Assert.Equal(
            ["Heading2: One", "Paragraph: name: One\nx: 1", "Paragraph: y: ü", "Paragraph: 3"],
            Files.Read("a.jsonl", "{\"name\": \"One\", \"x\": 1}\r\n\r\n{\"y\": \"ü\"}\n3\n").Outline());

    [Fact]
    public void Bad_line_refuses_the_file_with_its_number() =>
        Assert.Equal(
            "Line 3 of the file is no valid JSON. Each line must hold one value.",
            Files.Refusal("a.ndjson", "{\"a\": 1}\n\n{\"a\": \n"u8.ToArray()));

    [Fact]
    public void Line_that_never_ends_is_refused() =>
        Assert.Equal(
            "Line 1 of the file has more than 1,000 characters, the most that are read.",
            Files.Refusal("a.jsonl", Encoding.UTF8.GetBytes(new string(' ', 2_000)), new() { MaxExtractedCharacters = 1_000 }));

    [Fact]
    public void Parts_of_a_stream_are_the_document()
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{{\"name\": \"Record {i}\", \"value\": {i}}}\n")));
        var reader = new JsonLinesReader(new IngestionOptions());

        List<ExtractedDocument> parts = [.. reader.Read(new SourceStream(new MemoryStream(content), content.Length, TimeProvider.System), CancellationToken.None)];

        Assert.InRange(parts.Count, 4, 20);
        var whole = reader.Read(content, CancellationToken.None);
        Assert.Equal(whole.Text, string.Concat(parts.Select(part => part.Text)));
        Assert.All(parts.Skip(1), part => Assert.StartsWith("\n\nRecord ", part.Text, StringComparison.Ordinal));
        Assert.Equal(20_000, whole.Blocks.Count);
        Assert.All(whole.Blocks.Where(block => block.Kind == BlockKind.Heading), block => Assert.StartsWith("Record ", whole.Text[block.Start..block.End], StringComparison.Ordinal));
    }
}
