using System.Text.RegularExpressions;

namespace Freehold.Answers;

/// <summary>Makes a question of a conversation stand alone without a model: with the words of the question before it.</summary>
internal static partial class StandAlone
{
    // With fewer words of its own, a question is about what was asked before.
    private const int FewWords = 2;

    /// <summary>The question, and the words of the user's last one where it refers to that.</summary>
    public static string Of(string question, IReadOnlyList<Turn> history)
    {
        IReadOnlyList<WordStem> own = WordStem.In(question);
        if (history.LastOrDefault(turn => turn.Role == AskedQuestion.User)?.Content is not { } last || (own.Count >= FewWords && !Pronoun().IsMatch(question)))
        {
            return question;
        }

        HashSet<string> stems = [.. own.Select(word => word.Stem)];
        return string.Join(' ', [question, .. WordStem.In(last).Where(word => stems.Add(word.Stem)).Select(word => word.Text)]);
    }

    [GeneratedRegex(@"\b(he|she|it|its|they|them|his|her|hers|him|their|theirs|this|that|these|those|there|one)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pronoun();
}
