using Freehold.Ai;

namespace Freehold.Bench.Quality;

/// <summary>What two texts have in common that differ in white space, punctuation and case alone.</summary>
internal static class TextKey
{
    public static string Of(string text)
    {
        List<string> words = [];
        foreach (ReadOnlySpan<char> word in Words.In(text))
        {
            words.Add(word.ToString().ToLowerInvariant());
        }

        return string.Join(' ', words);
    }
}
