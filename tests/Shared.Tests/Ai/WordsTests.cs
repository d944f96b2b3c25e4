using Freehold.Ai;

namespace Freehold.Tests.Ai;

public sealed class WordsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  ...  ", "")]
    [InlineData("It's 3.5 o'clock", "It|s|3|5|o|clock")]
    [InlineData("Füße e\u0301te\u0301 \u0301x", "Füße|e\u0301te\u0301|x")]
    [InlineData("наука हिन्दी 한국어", "наука|हिन्दी|한국어")]
    [InlineData("漢字とカナ2x", "漢|字|と|カ|ナ|2x")]
    [InlineData("𠀀𠀁𝒳y", "𠀀|𠀁|𝒳y")]
    [InlineData("a\uD800b", "a|b")]
    public void Words_are_runs_of_letters_and_digits(string text, string words)
    {
        var found = new List<string>();
        foreach (var word in Words.In(text))
        {
            found.Add(word.ToString());
        }

        Assert.Equal(words, string.Join('|', found));
        Assert.Equal(found.Count, Words.Count(text));
    }
}
