using Freehold.Retrieval.Evaluation;

namespace Freehold.Tests.Retrieval.Evaluation;

public sealed class CompareEvaluationsTests
{
    private static readonly Guid Earlier = Guid.Parse("019f0000-0000-7000-8000-000000000000");

    [Fact]
    public void Loss_beyond_what_is_allowed_is_refused_and_names_the_questions_worst_first()
    {
        EvaluationComparison comparison = CompareEvaluations.Of(Earlier, Of(1, 1, 1, 2), Of(2, 1, 0, 1));

        Assert.Equal((CompareEvaluations.Refused, "ndcg@10", "lexical"), (comparison.Verdict, comparison.Metric, comparison.Mode));
        ModeDifference mode = Assert.Single(comparison.Modes!);
        double half = Math.Round(1 / Math.Log2(3), 6);
        Assert.Equal(
            [new(3, 1, 0, -1), new(1, 1, half, Math.Round(half - 1, 6)), new(4, half, 1, Math.Round(1 - half, 6))], mode.Changes);
        Assert.Equal((4, 1, 2, -0.25), (mode.Questions, mode.Gained, mode.Lost, mode.NdcgAt10.Mean));
        Assert.Equal(-0.25, mode.RecallAt10.Mean);
        Assert.Equal(-0.25, mode.Mrr.Mean);
        Assert.Contains("-0.2500", comparison.Reason, StringComparison.Ordinal);
        Assert.Contains("questions compared: 4), which is less than -0.005", comparison.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_loss_and_any_gain_are_accepted()
    {
        Assert.Equal(CompareEvaluations.Accepted, CompareEvaluations.Of(Earlier, Of(1, 2), Of(1, 2)).Verdict);
        Assert.Equal(CompareEvaluations.Accepted, CompareEvaluations.Of(Earlier, Of(1, 2), Of(1, 1)).Verdict);
        Assert.Equal(CompareEvaluations.Accepted, CompareEvaluations.Of(Earlier, Of(1, 1), Results([1, 2], new(-0.5))).Verdict);
    }

    [Fact]
    public void Other_metric_may_decide()
    {
        // Both at ranks that recall does not tell apart.
        Assert.Equal(CompareEvaluations.Refused, CompareEvaluations.Of(Earlier, Of(1), Of(9)).Verdict);
        EvaluationComparison comparison = CompareEvaluations.Of(Earlier, Of(1), Results([9], new(0, "recall@10")));
        Assert.Equal((CompareEvaluations.Accepted, 0), (comparison.Verdict, comparison.Modes![0].Changes.Count));
    }

    [Fact]
    public void Question_that_cannot_be_answered_any_more_has_lost_all()
    {
        EvaluationComparison comparison = CompareEvaluations.Of(Earlier, Of(1, 1), Results([1, 0], null, new MissingJudgement(2, 1, "1", MissingJudgement.NoDocument)));

        Assert.Equal((2, -0.5), (comparison.Modes![0].Questions, comparison.Modes[0].NdcgAt10.Mean));
    }

    [Fact]
    public void What_was_not_scored_then_is_not_compared()
    {
        EvaluationResults then = Results([1, 0], null, new MissingJudgement(2, 1, "1", MissingJudgement.NoDocument));

        ModeDifference mode = Assert.Single(CompareEvaluations.Of(Earlier, then, Of(1, 1)).Modes!);
        Assert.Equal((1, 0d), (mode.Questions, mode.NdcgAt10.Mean));
    }

    [Fact]
    public void Question_that_is_there_twice_is_compared_twice()
    {
        JudgedQuestion question = new("again", [new("a")]);
        EvaluationResults then = new(new(new([question, question], Modes: ["lexical"])), [], [new([1], 1), new([1], 1)]);
        EvaluationResults now = new(new(new([question, question], Modes: ["lexical"])), [], [new([2], 1), new([2], 1)]);

        Assert.Equal(2, CompareEvaluations.Of(Earlier, then, now).Modes![0].Lost);
    }

    [Fact]
    public void Nothing_in_common_is_refused_with_the_reason()
    {
        Assert.Equal(
            (CompareEvaluations.Refused, "The earlier evaluation was deleted, so there is nothing to compare with."),
            (CompareEvaluations.Of(Earlier, null, Of(1)).Verdict, CompareEvaluations.Of(Earlier, null, Of(1)).Reason));
        EvaluationResults other = new(
            new(new([new("another question", [new("0")])], Modes: ["lexical"])), [], [new SearchOutcome([1], 1)]);
        EvaluationComparison comparison = CompareEvaluations.Of(Earlier, other, Of(1));
        Assert.Equal((CompareEvaluations.Refused, 0), (comparison.Verdict, comparison.Modes!.Count));
    }

    private static EvaluationResults Of(params int[] ranks) => Results(ranks);

    /// <summary>Questions in mode <c>lexical</c>, to each of which one document is relevant, and its rank.</summary>
    private static EvaluationResults Results(int[] ranks, Acceptance? accept = null, params MissingJudgement[] missing) => new(
        new(new(
            [.. ranks.Index().Select(at => new JudgedQuestion($"question {at.Index}", [new($"{at.Index}")]))],
            Modes: ["lexical"],
            Accept: accept)),
        missing,
        [.. ranks.Select(rank => new SearchOutcome([rank], 1))]);
}
