using System.Text.RegularExpressions;

namespace Freehold.Demo;

/// <summary>The part of a passage that a person wants to see.</summary>
internal static partial class Excerpt
{
    private const int MostCharacters = 160;

    /// <summary>The sentence with the answer, or else with most of the question's words.</summary>
    public static string Of(string passage, string question, string? answer)
    {
        string[] words = question.Split(' ', '?').Where(word => word.Length > 3).ToArray();
        string best = Sentence().Split(passage)
            .Select(OneLine)
            .OrderByDescending(sentence => answer is not null && sentence.Contains(answer, StringComparison.Ordinal))
            .ThenByDescending(sentence => words.Count(word => sentence.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .First();
        if (best.Length <= MostCharacters)
        {
            return best;
        }

        int middle = answer is null ? 0 : best.IndexOf(answer, StringComparison.Ordinal);
        int start = Math.Clamp(middle - (MostCharacters / 2), 0, best.Length - MostCharacters);
        return (start > 0 ? "…" : string.Empty) + best.Substring(start, MostCharacters).Trim() + "…";
    }

    public static string OneLine(string text) => Space().Replace(text, " ");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    // A heading ends without a full stop, but with an empty line.
    [GeneratedRegex(@"(?<=[.!?])\s+|\n\n")]
    private static partial Regex Sentence();
}
