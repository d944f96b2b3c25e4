using System.Text.Json;
using Freehold.Retrieval;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;

namespace Freehold.Tests.Retrieval.Evaluation;

public sealed class CheckEvaluationTests
{
    [Theory]
    [InlineData("invalid-evaluation", "{}")]
    [InlineData("invalid-evaluation", """{"questions":[]}""")]
    [InlineData("invalid-evaluation", """{"questions":[null]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[null]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"grade":1}]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"document":"a","grade":0}]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"document":"a","start":5}]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"document":"a","start":5,"end":5}]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"document":"a","start":5,"end":9,"contains":"b"}]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"document":"a","contains":" "}]}]}""")]
    [InlineData("invalid-evaluation", """{"questions":[{"query":"x","relevant":[{"document":"a"},{"document":"a","grade":2}]}]}""")]
    [InlineData("empty-query", """{"questions":[{"query":" ","relevant":[{"document":"a"}]}]}""")]
    public void Questions_that_cannot_be_meant_are_refused(string problem, string json) =>
        Assert.Equal(problem, Assert.Throws<InvalidInputException>(() => Check(json)).Problem);

    [Theory]
    [InlineData("unknown-mode", """ "modes":["fuzzy"] """)]
    [InlineData("invalid-evaluation", """ "modes":["dense","dense"] """)]
    [InlineData("invalid-evaluation", """ "limit":9 """)]
    [InlineData("invalid-evaluation", """ "limit":101 """)]
    [InlineData("unknown-language", """ "try":{"language":"klingon"} """)]
    [InlineData("invalid-selection", """ "try":{"diversity":2} """)]
    [InlineData("invalid-evaluation", """ "try":{"denseWeight":-1} """)]
    [InlineData("invalid-evaluation", """ "try":{"weights":[]} """)]
    [InlineData("invalid-evaluation", """ "try":{"weights":[1,1]} """)]
    [InlineData("invalid-evaluation", """ "try":{"weights":[1]},"modes":["dense"] """)]
    [InlineData("invalid-evaluation", """ "accept":{"minDelta":0} """)]
    [InlineData("invalid-evaluation", """ "against":"019f0000-0000-7000-8000-000000000000","accept":{"metric":"precision"} """)]
    [InlineData("invalid-evaluation", """ "against":"019f0000-0000-7000-8000-000000000000","accept":{"mode":"lexical"},"modes":["dense"] """)]
    [InlineData("invalid-evaluation", """ "target":"elsewhere" """)]
    public void Settings_that_cannot_be_meant_are_refused(string problem, string members) =>
        Assert.Equal(problem, Assert.Throws<InvalidInputException>(() => CheckWith(members)).Problem);

    [Fact]
    public void Refusal_says_which_question_is_meant() => Assert.StartsWith(
        "Question 2: ",
        Assert.Throws<InvalidInputException>(() => Check(
            """{"questions":[{"query":"x","relevant":[{"document":"a"}]},{"query":"-x","relevant":[{"document":"a"}]}]}""")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_thousand_questions_are_taken_and_no_more()
    {
        static EvaluationRequest Of(int questions) =>
            new([.. Enumerable.Range(0, questions).Select(i => new JudgedQuestion($"question {i}", [new("a")]))]);

        Assert.Equal(3_000, CheckEvaluation.Check(Of(1_000), new RetrievalOptions()).Searches);
        Assert.Throws<InvalidInputException>(() => CheckEvaluation.Check(Of(1_001), new RetrievalOptions()));
    }

    [Fact]
    public void Branch_is_refused_as_long_as_no_provider_has_any() => Assert.Equal(
        "no-branches", Assert.Throws<ImpossibleRequestException>(() => CheckWith(""" "target":"branch" """)).Problem);

    [Fact]
    public void Each_mode_is_measured_and_each_weight_beside_the_own_one()
    {
        EvaluationTerms terms = CheckWith(
            """ "modes":["lexical","hybrid"],"try":{"denseWeight":0.2,"weights":[0,1]},"target":"live" """);

        Assert.Equal(
            [new("lexical"), new("hybrid", 0.2), new("hybrid", 0, IsExtra: true), new("hybrid", 1, IsExtra: true)], terms.Ways);
        Assert.Equal(4, terms.Searches);
        Assert.Equal(new Acceptance(-0.005, "ndcg@10", "hybrid"), terms.Acceptance);
    }

    private static EvaluationTerms CheckWith(string members) =>
        Check("""{"questions":[{"query":"x","relevant":[{"document":"a"}]}],""" + members + "}");

    private static EvaluationTerms Check(string json) => CheckEvaluation.Check(
        JsonSerializer.Deserialize(json, EvaluationJson.Default.EvaluationRequest)!, new RetrievalOptions());
}
