using System.Text.Json;
using Freehold.Retrieval;

namespace Freehold.Tests.Retrieval;

public sealed class DiversityTests
{
    private static readonly FoundPassage[] Ranked = [Found(1, 1.0, [1, 0]), Found(2, 0.9, [1, 0]), Found(3, 0.5, [0, 1]), Found(4, 0.0, [0, 1])];

    [Theory]
    [InlineData(0, new long[] { 1, 2, 3, 4 })]
    [InlineData(0.5, new long[] { 1, 3, 2, 4 })]
    [InlineData(1, new long[] { 1, 3, 2, 4 })]
    public void What_is_like_a_better_passage_comes_later(double diversity, long[] expected) =>
        Assert.Equal(expected, Diversity.Order(Ranked, diversity, 10).Select(found => found.Id));

    [Fact]
    public void First_ones_are_the_same_however_many_are_wanted()
    {
        for (int count = 0; count <= Ranked.Length; count++)
        {
            Assert.Equal(Diversity.Order(Ranked, 0.5, 10).Take(count), Diversity.Order(Ranked, 0.5, count));
        }

        Assert.Empty(Diversity.Order([], 0.5, 10));
    }

    [Fact]
    public void What_a_model_has_put_in_order_counts_by_its_scores_and_what_it_has_not_seen_as_its_last()
    {
        FoundPassage[] reranked = [Reranked(Found(1, 0.1, [1, 0]), 5), Reranked(Found(2, 0.2, [1, 0]), 4), Reranked(Found(3, 0.9, [0, 1]), 1), Found(4, 0.8, [0, 1])];
        Assert.Equal([1, 2, 3, 4], Diversity.Order(reranked, 0.1, 10).Select(found => found.Id));
        Assert.Equal([1, 3, 2, 4], Diversity.Order(reranked, 0.5, 10).Select(found => found.Id));
    }

    private static FoundPassage Reranked(FoundPassage found, double score) => found with { Passage = found.Passage with { RerankScore = score } };

    private static FoundPassage Found(long id, double score, float[] vector) =>
        new(id, new Passage("a.txt", null, string.Empty, null, 0, 1, "x", score, JsonElement.Parse("{}")), vector);
}
