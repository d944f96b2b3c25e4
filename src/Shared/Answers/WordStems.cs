using Freehold.Ai;

namespace Freehold.Answers;

/// <summary>A word of a text that says something about what the text is about.</summary>
/// <param name="Stem">Its stem.</param>
/// <param name="Text">As it stands there.</param>
/// <param name="IsFirst">Whether it begins the text, so that a capital letter says nothing.</param>
internal readonly record struct WordStem(string Stem, string Text, bool IsFirst)
{
    private const int LeastLength = 4;
    private const int SamePrefix = 3;
    private const double LeastLikeness = 0.5;

    /// <summary>The words of a text, without English stop words.</summary>
    public static IReadOnlyList<WordStem> In(string text)
    {
        List<WordStem> words = [];
        bool isFirst = true;
        foreach (ReadOnlySpan<char> word in Words.In(text))
        {
            string lower = word.ToString().ToLowerInvariant();
            if (!EnglishStopWords.All.Contains(lower))
            {
                words.Add(new WordStem(EnglishStems.Of(lower), word.ToString(), isFirst));
            }

            isFirst = false;
        }

        return words;
    }

    /// <summary>
    /// How alike two stems are, 0 to 1: by the groups of three letters that they share, where they begin alike. It stands in for
    /// inflection in other languages, and for small mistakes.
    /// </summary>
    public static double Likeness(string one, string other)
    {
        if (one == other)
        {
            return 1;
        }

        if (one.Length < LeastLength || other.Length < LeastLength || !one.AsSpan(0, SamePrefix).SequenceEqual(other.AsSpan(0, SamePrefix)))
        {
            return 0;
        }

        HashSet<string> groups = Groups(one);
        HashSet<string> others = Groups(other);
        double likeness = 2d * groups.Count(others.Contains) / (groups.Count + others.Count);
        return likeness < LeastLikeness ? 0 : likeness;
    }

    private static HashSet<string> Groups(string stem)
    {
        string marked = $"^{stem}$";
        return [.. Enumerable.Range(0, marked.Length - 2).Select(i => marked.Substring(i, 3))];
    }
}
