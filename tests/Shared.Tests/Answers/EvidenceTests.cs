using System.Text.Json;
using Freehold.Answers;
using Freehold.Retrieval;

namespace Freehold.Tests.Answers;

/// <summary>A passage with the answer is told from others on its topic, in languages with and without inflection.</summary>
public sealed class EvidenceTests
{
    [Theory]
    [InlineData(
        "Who painted the Larkspur shed in 1987?",
        "The Larkspur shed was painted in 1987 by Anna Bell. Nobody knows why she chose blue.",
        "The Larkspur shed stands behind the mill. It was built of oak.",
        "The mill of Larkspur was sold in 1975, and its shed with it.")]
    [InlineData(
        "Wann wurden die Streitkräfte der Insel aufgelöst?",
        "Die Auflösung der Inselstreitkräfte folgte im Jahr 1921; aufgelöst wurde zuletzt die Küstenwache.",
        "Die Insel hat einen Hafen und zwei Dörfer, deren Bewohner vom Fischfang leben.",
        "Auf der Insel wurden Streitigkeiten um Weiden vom Rat geschlichtet.")]
    public void Passage_with_the_answer_is_worth_more_than_its_siblings(string question, string answering, params string[] siblings)
    {
        WeighedPassage[] others = [.. siblings.Select(Passage)];

        Evidence there = Evidence.Of(question, [Passage(answering), .. others]);
        Evidence gone = Evidence.Of(question, others);

        Assert.InRange(there.Score, 0.5, 1);
        Assert.InRange(gone.Score, 0, 0.4);
        Assert.Equal(answering, there.Sentences[0].Passage.Passage.Text);
    }

    [Fact]
    public void Missing_name_weighs_more_than_another_missing_word()
    {
        const string Text = "In May the gardener Smith planted roses at the gate of the house.";

        double name = Evidence.Of("When did Miller plant roses at the gate?", [Passage(Text)]).Score;
        double word = Evidence.Of("When did Smith saw roses at the gate?", [Passage(Text)]).Score;

        Assert.True(name < word, $"{name} {word}");
    }

    [Fact]
    public void Nothing_found_or_nothing_asked_is_no_evidence()
    {
        Assert.Equal(0, Evidence.Of("Who painted the shed?", []).Score);
        Assert.Equal(0, Evidence.Of("Who was it? How many?", []).Score);
        Assert.Equal(0, Evidence.Of("Who is who?", [Passage("Who is who is a book.")]).Score);
    }

    [Fact]
    public void Passages_that_begin_alike_are_sources_of_their_own()
    {
        const string Beginning = "Miller planted roses at the gate.";
        WeighedPassage[] found = [Passage(Beginning), Passage(Beginning + " Smith planted tulips at the fence.")];
        Source[] sources = [.. found.Select((each, i) => new Source(i + 1, "a.txt", null, string.Empty, null, 0, each.Passage.End, each.Passage.Text, 1))];

        Answer answer = ExtractiveAnswer.Write(Evidence.Of("Who planted tulips at the fence?", found), sources);

        Assert.Equal(2, answer.Citations[0].Source);
    }

    [Fact]
    public void Question_that_refers_to_a_long_one_stays_within_the_limit()
    {
        string last = string.Join(' ', Enumerable.Range(0, 1_000).Select(i => $"word{i}"));

        string alone = StandAlone.Of("What about it?", [new Turn(AskedQuestion.User, last)], most: 100);

        Assert.StartsWith("What about it? word0 word1 ", alone, StringComparison.Ordinal);
        Assert.InRange(alone.Length, 90, 100);
    }

    private static WeighedPassage Passage(string text) =>
        new(new Passage("a.txt", null, string.Empty, null, 0, text.Length, text, 1, default(JsonElement)));
}
