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

    private static FoundPassage Found(long id, double score, float[] vector) =>
        new(id, new Passage("a.txt", null, string.Empty, null, 0, 1, "x", score, JsonElement.Parse("{}")), vector);
}
