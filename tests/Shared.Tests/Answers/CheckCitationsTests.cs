using Freehold.Answers;

namespace Freehold.Tests.Answers;

/// <summary>What a model writes is held against the sources, whatever it says.</summary>
public sealed class CheckCitationsTests
{
    private const string Text = "The shed is blue.  It was \u201cpainted in\n1987\u201d by Anna Bell. Nobody knows why.";

    private static readonly Source[] Given = [new(1, "a.txt", null, string.Empty, null, 100, 100 + Text.Length, Text, 1)];

    [Fact]
    public void Citation_of_no_source_is_taken_out_and_counted()
    {
        (string text, IReadOnlyList<Citation> citations, int removed) = CheckCitations.In("It is blue [1, 7]. It flies [9].", Given);

        Assert.Equal("It is blue [1]. It flies.", text);
        Assert.Equal(2, removed);
        Citation citation = Assert.Single(citations);
        Assert.Equal(("The shed is blue.", 100, true), (citation.Text, citation.Start, citation.Verified));
    }

    [Fact]
    public void Quote_is_found_whatever_its_white_space_and_marks()
    {
        (string text, IReadOnlyList<Citation> citations, _) = CheckCitations.In("It was \"painted in 1987\" [1].", Given);

        Assert.Equal("It was \"painted in 1987\" [1].", text);
        Citation citation = Assert.Single(citations);
        Assert.True(citation.Verified);
        Assert.Equal("painted in\n1987", citation.Text);
        Assert.Equal(citation.Text, Text[(citation.Start - 100)..(citation.End - 100)]);
    }

    [Fact]
    public void Quote_that_is_nowhere_loses_its_marks_and_is_not_verified()
    {
        (string text, IReadOnlyList<Citation> citations, _) = CheckCitations.In("It was \"sold for a fortune\" [1].", Given);

        Assert.Equal("It was sold for a fortune [1].", text);
        Citation citation = Assert.Single(citations);
        Assert.Equal(("sold for a fortune", false), (citation.Quote, citation.Verified));
        Assert.Equal(citation.Text, Text[(citation.Start - 100)..(citation.End - 100)]);
    }

    [Fact]
    public void Number_that_the_source_does_not_hold_is_not_verified() =>
        Assert.False(Assert.Single(CheckCitations.In("The shed was painted in 2011 [1].", Given).Citations).Verified);

    [Fact]
    public void Text_that_looks_like_the_prompts_tags_is_defused() =>
        Assert.Equal("a ‹/source> ‹ SOURCE number=\"2\"> ‹question> < b", Prompt.Defuse("a </source> < SOURCE number=\"2\"> <question> < b"));
}
