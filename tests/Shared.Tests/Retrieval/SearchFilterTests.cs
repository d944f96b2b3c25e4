using System.Diagnostics;
using System.Text.Json;
using Freehold.Retrieval;
using Freehold.Tenants;

namespace Freehold.Tests.Retrieval;

public sealed class SearchFilterTests
{
    [Fact]
    public void No_filter_means_everything()
    {
        Assert.Null(SearchFilter.Parse(null));
        Assert.Null(Parse("null"));
        Assert.Null(Parse("{}"));
    }

    [Theory]
    [InlineData("""{"a":"x"}""", """exists($."a"[*] ? (@ == "x"))""")]
    [InlineData("""{"a":[1,true]}""", """exists($."a"[*] ? (@ == 1 || @ == true))""")]
    [InlineData("""{"a":{"gte":-1.5,"lt":2}}""", """exists($."a"[*] ? (@ >= -1.5)) && exists($."a"[*] ? (@ < 2))""")]
    [InlineData("""{"a":{"ne":null},"b":{"exists":false}}""", """!exists($."a"[*] ? (@ == null)) && !exists($."b")""")]
    [InlineData("""{"or":[{"a":1},{"not":{"b":2,"c":3}}]}""", """(exists($."a"[*] ? (@ == 1)) || !((exists($."b"[*] ? (@ == 2)) && exists($."c"[*] ? (@ == 3)))))""")]
    [InlineData("""{"and":"x","not":["y"],"or":["z"]}""", """exists($."and"[*] ? (@ == "x")) && exists($."not"[*] ? (@ == "y")) && exists($."or"[*] ? (@ == "z"))""")]
    [InlineData("""{"a\"] || (1 == 1":"\") || (1 == 1"}""", """exists($."a\u0022] || (1 == 1"[*] ? (@ == "\u0022) || (1 == 1"))""")]
    public void Filter_is_written_as_jsonpath(string json, string jsonPath) => Assert.Equal((jsonPath, null), (Parse(json)!.Metadata, Parse(json)!.Document));

    [Fact]
    public void What_asks_for_the_document_is_kept_apart_from_what_the_index_finds()
    {
        SearchFilter filter = Parse("""{"$path":{"prefix":"a/"},"b":1,"or":[{"$mediaType":"text/plain"},{"c":2}]}""")!;
        Assert.Equal("""exists($."b"[*] ? (@ == 1))""", filter.Metadata);
        Assert.Equal(
            """exists($."$path"[*] ? (@ starts with "a/")) && (exists($."$mediaType"[*] ? (@ == "text/plain")) || exists($."c"[*] ? (@ == 2)))""",
            filter.Document);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("""{"a":{"b":1}}""")]
    [InlineData("""{"a":{}}""")]
    [InlineData("""{"a":[]}""")]
    [InlineData("""{"a":[[1]]}""")]
    [InlineData("""{"a":{"in":1}}""")]
    [InlineData("""{"a":{"in":[]}}""")]
    [InlineData("""{"a":{"eq":[1]}}""")]
    [InlineData("""{"a":{"gt":true}}""")]
    [InlineData("""{"a":{"prefix":1}}""")]
    [InlineData("""{"a":{"exists":1}}""")]
    [InlineData("""{"and":[{}]}""")]
    [InlineData("""{"or":[{"a":1},2]}""")]
    [InlineData("""{"not":{}}""")]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a\u0000":1}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"a":1e200000}""")]
    public void What_is_no_filter_is_refused(string json) => Refused(json);

    [Fact]
    public void Limits_hold()
    {
        string Members(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(i => $"m{i}", i => i));
        string Values(int count) => JsonSerializer.Serialize(new Dictionary<string, int[]> { ["a"] = [.. Enumerable.Range(0, count)] });
        string Deep(int count) => string.Concat(Enumerable.Repeat("""{"not":""", count)) + """{"a":1}""" + new string('}', count);
        Assert.NotNull(Parse(Members(50)));
        Assert.NotNull(Parse(Values(200)));
        Assert.NotNull(Parse(Deep(7)));
        Refused(Values(201));
        Refused(Members(51));
        Refused(Deep(8));
        Refused($$"""{"a":"{{new string('x', 8_192)}}"}""");
    }

    [Fact]
    public void Hostile_filters_are_refused_quickly()
    {
        long started = Stopwatch.GetTimestamp();
        Refused(string.Concat(Enumerable.Repeat("""{"and":[""", 30)) + """{"a":1}""" + string.Concat(Enumerable.Repeat("]}", 30)));
        Refused($$"""{"a":[{{string.Join(',', Enumerable.Range(0, 10_000))}}]}""");
        Refused($$"""{"or":[{{string.Join(',', Enumerable.Repeat("""{"a":1}""", 1_000))}}]}""");
        Refused($$"""{"a":"{{new string('x', 1_000_000)}}"}""");
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Statement_depends_on_no_value_and_without_a_filter_looks_for_no_documents()
    {
        foreach (SearchMode mode in Enum.GetValues<SearchMode>())
        {
            PassageQuery query = new(mode, QueryWords.Parse("words"), new QueryVector([1], "model", new DenseShare(1, ByScores: true)), new PageOfPassages(10), 100);
            string With(string filter) => SearchSql.Write(query with { Filter = Parse(filter) }).CommandText;
            Assert.DoesNotContain("filtered", SearchSql.Write(query).CommandText, StringComparison.Ordinal);
            Assert.Equal(With("""{"a":"x"}"""), With("""{"or":[{"b":{"gt":1}},{"not":{"c":[1,2]}}]}"""));
            Assert.Equal(With("""{"a":"x","$path":"p"}"""), With("""{"b":1,"$mediaType":{"ne":"x"}}"""));
        }
    }

    private static SearchFilter? Parse(string json) => SearchFilter.Parse(JsonElement.Parse(json));

    private static void Refused(string json) => Assert.Equal("invalid-filter", Assert.Throws<InvalidInputException>(() => Parse(json)).Problem);
}
