using System.Text.Json;
using Freehold.Retrieval;
using Freehold.Retrieval.Evaluation;

namespace Freehold.Tests.Retrieval.Evaluation;

public sealed class JudgedRankingTests
{
    [Fact]
    public void Document_stands_where_its_best_passage_does_and_the_others_take_no_place()
    {
        Assert.Equal([2, 0, 3], JudgedRanking.Of([new("b"), new("missing"), new("c")], [Of("a"), Of("a"), Of("b"), Of("b"), Of("a"), Of("c")]));
    }

    [Fact]
    public void Where_passages_are_judged_each_other_passage_takes_a_place()
    {
        Judgement[] judged = [new("a", Start: 100, End: 120)];

        Assert.Equal([3], JudgedRanking.Of(judged, [Of("a", 0, 100), Of("a", 120, 200), Of("a", 110, 300)]));
        Assert.Equal([0], JudgedRanking.Of(judged, [Of("b", 100, 120)]));
    }

    [Fact]
    public void Passage_counts_for_the_first_that_it_holds_a_part_of()
    {
        Judgement[] judged = [new("a", Start: 0, End: 10), new("a", Start: 5, End: 20)];

        Assert.Equal([1, 0], JudgedRanking.Of(judged, [Of("a", 0, 30)]));
        Assert.Equal([1, 2], JudgedRanking.Of(judged, [Of("a", 0, 8), Of("a", 12, 30)]));

        // A further passage of what was found takes no place.
        Assert.Equal([1, 2], JudgedRanking.Of(judged, [Of("a", 0, 4), Of("a", 4, 8), Of("a", 12, 30)]));
    }

    [Fact]
    public void Words_are_found_whatever_their_white_space_and_case()
    {
        Assert.Equal([2], JudgedRanking.Of([new("a", Contains: " Twenty  days")], [Of("a"), Of("a", text: "You get twenty\n\tDays.")]));
        Assert.Equal([0], JudgedRanking.Of([new("a", Contains: "twenty days")], [Of("a", text: "twentydays"), Of("b", text: "twenty days")]));
    }

    [Fact]
    public void Document_may_be_judged_beside_a_passage_of_it()
    {
        Judgement[] judged = [new("a", Grade: 3, Contains: "gold"), new("a")];

        Assert.Equal([2, 1], JudgedRanking.Of(judged, [Of("a"), Of("a", text: "gold")]));
    }

    private static Passage Of(string document, int start = 0, int end = 10, string text = "words") =>
        new(document, null, string.Empty, null, start, end, text, 1, JsonElement.Parse("{}"));
}
