using System.Text.Json;
using Freehold.Ingestion;
using Freehold.Tenants;

namespace Freehold.Tests.Ingestion;

public sealed class DocumentMetadataTests
{
    private static readonly Dictionary<string, string> NoBlobMetadata = [];

    [Theory]
    [InlineData("""{"department":"sales","year":2026,"price":-1.5e3,"draft":true,"owner":null,"tags":["a",1,false],"none":[]}""")]
    [InlineData("""{"a.b_c-D9":"ä — \" \\ <b>"}""")]
    [InlineData("{}")]
    public void What_an_uploader_gives_comes_back_from_the_blob_as_it_was(string json)
    {
        IReadOnlyDictionary<string, string> blob = DocumentMetadata.Parse(json).ForBlob();

        Assert.All(blob, entry => Assert.Matches("^[A-Za-z0-9_-]+$", entry.Value));
        Assert.Equal(json, DocumentMetadata.Merge(blob, null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"a":{"b":1}}""")]
    [InlineData("""{"a":[{"b":1}]}""")]
    [InlineData("""{"a":[[1]]}""")]
    [InlineData("""{"":1}""")]
    [InlineData("""{"a b":1}""")]
    [InlineData("""{"a\n":1}""")]
    [InlineData("""{"ä":1}""")]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"a":1e300}""")]
    [InlineData("""{"a":1e200000}""")]
    [InlineData("""{"a":1e-200000}""")]
    public void What_cannot_be_kept_is_refused(string json) =>
        Assert.Equal("invalid-metadata", Assert.Throws<InvalidInputException>(() => DocumentMetadata.Parse(json)).Problem);

    [Fact]
    public void Limits_hold_to_the_byte_and_to_the_member()
    {
        static string Members(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(i => $"m{i}", i => i));
        static string Bytes(int bytes) => $$"""{"a":"{{new string('x', bytes - 8)}}"}""";
        static string Name(int length) => $$"""{"{{new string('n', length)}}":1}""";

        foreach (string json in (string[])[Members(50), Bytes(4095), Name(64)])
        {
            Assert.Equal(json, DocumentMetadata.Parse(json).ToString());
        }

        foreach (string json in (string[])[Members(51), Bytes(4097), Name(65)])
        {
            Assert.Throws<InvalidInputException>(() => DocumentMetadata.Parse(json));
        }
    }

    [Fact]
    public void Of_two_members_of_one_name_the_last_counts()
    {
        Assert.Equal("""{"a":2}""", DocumentMetadata.Parse("""{"a":1,"a":2}""").ToString());
    }

    [Fact]
    public void Later_source_wins()
    {
        Dictionary<string, string> blob = new(DocumentMetadata.Parse("""{"c":"uploader"}""").ForBlob()) { ["b"] = "blob", ["c"] = "blob" };
        Dictionary<string, JsonElement> document = Members("""{"a":"document","b":"document","c":"document"}""");

        using JsonDocument merged = JsonDocument.Parse(DocumentMetadata.Merge(blob, document));

        Assert.Equal(
            ["a=document", "b=blob", "c=uploader"],
            merged.RootElement.EnumerateObject().Select(member => $"{member.Name}={member.Value}").Order());
    }

    [Theory]
    [InlineData("not base64url!")]
    [InlineData("bm90IGpzb24")]
    [InlineData("WzFd")]
    public void Spoilt_entry_of_a_blob_is_left_out(string entry) =>
        Assert.Equal("""{"kept":"yes"}""", DocumentMetadata.Merge(new Dictionary<string, string> { ["freehold"] = entry, ["kept"] = "yes" }, null));

    [Fact]
    public void What_a_document_says_of_itself_never_fails_it()
    {
        Dictionary<string, JsonElement> odd = Members(
            """{"nested":{"a":1},"bad name":1,"nul":"\u0000","huge":1e300,"kept":"yes"}""");
        odd["long"] = JsonSerializer.SerializeToElement(new string('x', 5_000));

        Assert.Equal("""{"kept":"yes"}""", DocumentMetadata.Merge(NoBlobMetadata, odd));
    }

    [Fact]
    public void What_goes_beyond_the_limits_is_left_out_of_the_weaker_source()
    {
        Dictionary<string, string> blob = new(DocumentMetadata.Parse($$"""{"a":"{{new string('x', 3_000)}}"}""").ForBlob())
        {
            ["b"] = new string('y', 900),
            ["c"] = new string('z', 900),
        };

        using JsonDocument merged = JsonDocument.Parse(DocumentMetadata.Merge(blob, Members("""{"d":1}""")));

        Assert.Equal(["a", "b", "d"], merged.RootElement.EnumerateObject().Select(member => member.Name));
    }

    private static Dictionary<string, JsonElement> Members(string json) =>
        JsonElement.Parse(json).EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
}
