using System.Collections.Frozen;
using Freehold.Ai;

namespace Freehold.Answers;

/// <summary>A word of a text.</summary>
/// <param name="Stem">Its stem.</param>
/// <param name="Text">As it stands there.</param>
/// <param name="Marked">In small letters, with marks where it begins and ends.</param>
/// <param name="IsFirst">Whether it begins the text, so that a capital letter says nothing.</param>
internal readonly record struct WordStem(string Stem, string Text, string Marked, bool IsFirst)
{
    private const int LeastLength = 4;
    private const int SamePrefix = 3;
    private const double LeastLikeness = 0.5;

    /// <summary>Whether it is a name or a number, as far as its first letter tells: in German, any noun.</summary>
    public bool IsName => char.IsDigit(Text[0]) || (!IsFirst && char.IsUpper(Text[0]));

    /// <summary>The words of a text that say something about what it is about: those that are no English stop words.</summary>
    public static IReadOnlyList<WordStem> In(string text) => In(text, EnglishStopWords.All);

    /// <summary>The words of a text but for some.</summary>
    public static IReadOnlyList<WordStem> In(string text, FrozenSet<string> leftOut)
    {
        List<WordStem> words = [];
        bool isFirst = true;
        foreach (ReadOnlySpan<char> word in Words.In(text))
        {
            string lower = word.ToString().ToLowerInvariant();
            if (!leftOut.Contains(lower))
            {
                words.Add(new WordStem(EnglishStems.Of(lower), word.ToString(), $"^{lower}$", isFirst));
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
