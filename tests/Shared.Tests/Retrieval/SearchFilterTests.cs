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
        Assert.Null(SearchFilter.Parse(JsonElement.Parse("null")));
        Assert.Null(SearchFilter.Parse(JsonElement.Parse("{}")));
    }

    [Fact]
    public void Member_is_had_by_an_equal_value_or_by_an_array_that_holds_it()
    {
        SearchFilter filter = SearchFilter.Parse(JsonElement.Parse("""{"a":"x","b":[1,true]}"""))!;

        Assert.Equal(
            ["""{"a":"x"}""", """{"a":["x"]}""", """{"b":1}""", """{"b":[1]}""", """{"b":true}""", """{"b":[true]}"""], filter.Parts);
        Assert.Equal([0, 0, 1, 1, 1, 1], filter.MemberOfPart);
        Assert.Equal(0b11, filter.AllMembers);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("""{"a":{"b":1}}""")]
    [InlineData("""{"a":[]}""")]
    [InlineData("""{"a":[[1]]}""")]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a\u0000":1}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"a":1e200000}""")]
    public void What_is_no_filter_is_refused(string json) =>
        Assert.Equal("invalid-filter", Assert.Throws<InvalidInputException>(() => SearchFilter.Parse(JsonElement.Parse(json))).Problem);

    [Fact]
    public void Limits_hold()
    {
        string Members(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(i => $"m{i}", i => i));
        string Values(int count) => JsonSerializer.Serialize(new Dictionary<string, int[]> { ["a"] = [.. Enumerable.Range(0, count)] });
        Assert.Equal(40, SearchFilter.Parse(JsonElement.Parse(Members(20)))!.Parts.Length);
        Assert.Equal(200, SearchFilter.Parse(JsonElement.Parse(Values(100)))!.Parts.Length);
        Assert.Throws<InvalidInputException>(() => SearchFilter.Parse(JsonElement.Parse(Values(101))));
        Assert.Throws<InvalidInputException>(() => SearchFilter.Parse(JsonElement.Parse(Members(21))));
        Assert.Throws<InvalidInputException>(() => SearchFilter.Parse(JsonElement.Parse($$"""{"a":"{{new string('x', 4_096)}}"}""")));
    }

    [Fact]
    public void Search_without_a_filter_does_not_look_for_documents()
    {
        SearchFilter filter = SearchFilter.Parse(JsonElement.Parse("""{"a":"x"}"""))!;
        foreach (SearchMode mode in Enum.GetValues<SearchMode>())
        {
            PassageQuery query = new(mode, QueryWords.Parse("words"), new QueryVector([1], "model", 1), 10, 100);
            Assert.DoesNotContain("filtered", SearchSql.Write(query).CommandText, StringComparison.Ordinal);
            Assert.Contains("d.metadata @> f.part", SearchSql.Write(query with { Filter = filter }).CommandText, StringComparison.Ordinal);
        }
    }
}
