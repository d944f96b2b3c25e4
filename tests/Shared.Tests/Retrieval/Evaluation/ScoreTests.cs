using Freehold.Retrieval.Evaluation;

namespace Freehold.Tests.Retrieval.Evaluation;

/// <summary>Figures that were worked out by hand.</summary>
public sealed class ScoreTests
{
    [Fact]
    public void Of_grades_and_ranks_is_what_the_definitions_say()
    {
        // Grades 3, 2 and 1 at ranks 2, none and 4: 3 / log2(3) + 1 / log2(5), of 3 / log2(2) + 2 / log2(3) + 1 / log2(4).
        Score score = Score.Of([new(3, 2), new(2, 0), new(1, 4)]);

        Assert.Equal((3 / 1.5849625007 + 1 / 2.3219280949) / (3 + 2 / 1.5849625007 + 0.5), score.Ndcg, 9);
        Assert.Equal(2d / 3, score.Recall, 12);
        Assert.Equal(0.5, score.ReciprocalRank, 12);
    }

    [Fact]
    public void Best_order_is_one_and_nothing_found_is_zero()
    {
        Assert.Equal(new Score(1, 1, 1), Score.Of([new(2, 1), new(1, 2)]));
        Assert.Equal(new Score(0, 0, 0), Score.Of([new(2, 0), new(1, 0)]));
        Assert.Equal(new Score(0, 0, 0), Score.Of([]));
    }

    [Fact]
    public void What_is_found_below_the_tenth_counts_for_the_reciprocal_rank_alone()
    {
        Assert.Equal(new Score(0, 0, 1d / 11), Score.Of([new(1, 11)]));
        Assert.Equal(1 / Math.Log2(11), Score.Of([new(1, 10)]).Ndcg, 12);
    }

    [Fact]
    public void More_relevant_than_ten_makes_ten_of_them_perfect()
    {
        Score score = Score.Of([.. Enumerable.Range(1, 20).Select(rank => new RankedGrade(1, rank))]);

        Assert.Equal(1, score.Ndcg, 12);
        Assert.Equal(0.5, score.Recall, 12);
    }

    [Fact]
    public void Of_ids_is_that_of_their_ranks()
    {
        Assert.Equal(
            Score.Of([new(3, 2), new(2, 0), new(1, 4)]),
            Score.Of(["x", "a", "y", "c"], new Dictionary<string, int> { ["a"] = 3, ["b"] = 2, ["c"] = 1 }));
    }

    [Fact]
    public void Interval_holds_the_mean_and_is_none_where_all_are_alike()
    {
        Assert.Equal(new Bootstrap(0.25, 0.25, 0.25), Bootstrap.Of([0.25, 0.25, 0.25]));

        // 50 zeros and 50 ones: the standard error of the mean is 0.05.
        Bootstrap half = Bootstrap.Of([.. Enumerable.Range(0, 100).Select(i => (double)(i % 2))]);
        Assert.Equal(0.5, half.Mean);
        Assert.InRange(half.Low, 0.38, 0.42);
        Assert.InRange(half.High, 0.58, 0.62);
    }
}
