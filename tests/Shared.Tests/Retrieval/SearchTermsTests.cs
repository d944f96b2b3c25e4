using System.Text.Json;
using Freehold.Retrieval;
using Freehold.Tenants;

namespace Freehold.Tests.Retrieval;

public sealed class SearchTermsTests
{
    private static readonly SearchRequest Plain = new("words");

    [Fact]
    public void Cursor_goes_on_in_the_search_that_gave_it_and_in_no_other()
    {
        string cursor = SearchCursor.Write(20, isReranked: true, Plain);
        SearchTerms next = Check(Plain with { After = cursor });
        Assert.Equal((20, false), (next.Offset, next.FollowsPlainPage));
        Assert.True(Check(Plain with { After = SearchCursor.Write(20, isReranked: false, Plain) }).FollowsPlainPage);
        Assert.False(Check(Plain).FollowsPlainPage);
        foreach (SearchRequest other in (SearchRequest[])
            [
                Plain with { Query = "word" }, Plain with { Limit = 5 }, Plain with { Mode = "lexical" }, Plain with { MaxPerDocument = 1 },
                Plain with { Diversity = 0.5 }, Plain with { Expand = 1 }, Plain with { Filter = JsonElement.Parse("""{"a":1}""") },
                Plain with { Rerank = false },
            ])
        {
            Assert.Equal("invalid-cursor", Refused(other with { After = cursor }));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_cursor_is_refused(string cursor) => Assert.Equal("invalid-cursor", Refused(Plain with { After = cursor }));

    [Fact]
    public void What_cannot_be_selected_is_refused()
    {
        foreach (SearchRequest request in (SearchRequest[])
            [
                Plain with { MaxPerDocument = 0 }, Plain with { Diversity = -0.1 }, Plain with { Diversity = 1.1 },
                Plain with { Diversity = double.NaN }, Plain with { Expand = -1 }, Plain with { Expand = 4 },
            ])
        {
            Assert.Equal("invalid-selection", Refused(request));
        }
    }

    private static SearchTerms Check(SearchRequest request) => SearchTerms.Check(request, new RetrievalOptions());

    private static string Refused(SearchRequest request) => Assert.Throws<InvalidInputException>(() => Check(request)).Problem;
}
