using Freehold.Retrieval;
using Freehold.Tenants;

namespace Freehold.Tests.Retrieval;

public sealed class QueryWordsTests
{
    [Theory]
    [InlineData("plain words", "plain words", "")]
    [InlineData("the \"final report\" of May", "the final report of May", "+final report")]
    [InlineData("report -draft", "report", "-draft")]
    [InlineData("report -\"first draft\" May", "report May", "-first draft")]
    [InlineData("-draft \"a b\" c", "a b c", "-draft,+a b")]
    [InlineData("well-known x - y -7e5", "well-known x - y -7e5", "")]
    [InlineData("an open \"quote", "an open \"quote", "")]
    [InlineData("an open -\"quote", "an open -\"quote", "")]
    [InlineData("empty \"\" and \"!?\"", "empty and !?", "")]
    [InlineData("-", "-", "")]
    [InlineData("x -", "x -", "")]
    public void Quotes_bind_and_hyphens_exclude(string query, string text, string bound)
    {
        QueryWords words = QueryWords.Parse(query);
        Assert.Equal(text, string.Join(' ', words.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(bound, string.Join(',', words.Phrases.Zip(words.AreWanted, (phrase, isWanted) => (isWanted ? "+" : "-") + phrase)));
        Assert.Equal(bound.Length > 0, words.IsBound);
    }

    [Theory]
    [InlineData("-draft", "empty-query")]
    [InlineData("-\"first draft\" -second", "empty-query")]
    [InlineData("x -b1 -b2 -b3 -b4 -b5 -b6 -b7 -b8 -b9 -c0 -c1 -c2 -c3 -c4 -c5 -c6 -c7 -c8 -c9 -d0 -d1", "query-too-long")]
    public void What_finds_nothing_or_costs_too_much_is_refused(string query, string problem) =>
        Assert.Equal(problem, Assert.Throws<InvalidInputException>(() => QueryWords.Parse(query)).Problem);

    [Fact]
    public void Statement_is_the_same_for_other_words()
    {
        static string Text(string query) =>
            SearchSql.Write(new PassageQuery(SearchMode.Hybrid, QueryWords.Parse(query), new QueryVector([1], "model", new DenseShare(1, ByScores: true)), new PageOfPassages(10), 100)).CommandText;
        Assert.Equal(Text("one"), Text("two words of another kind"));
        Assert.Equal(Text("one -two"), Text("\"three four\" -five six"));
        Assert.NotEqual(Text("one"), Text("one -two"));
    }
}
