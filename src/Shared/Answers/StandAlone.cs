using System.Text.RegularExpressions;

namespace Freehold.Answers;

/// <summary>Makes a question of a conversation stand alone without a model: with the words of the question before it.</summary>
internal static partial class StandAlone
{
    // With fewer words of its own, a question is about what was asked before.
    private const int FewWords = 2;

    /// <summary>The question, and the words of the user's last one where it refers to that: as many as make no more than so many characters.</summary>
    public static string Of(string question, IReadOnlyList<Turn> history, int most)
    {
        IReadOnlyList<WordStem> own = WordStem.In(question);
        if (history.LastOrDefault(turn => turn.Role == AskedQuestion.User)?.Content is not { } last || (own.Count >= FewWords && !Pronoun().IsMatch(question)))
        {
            return question;
        }

        HashSet<string> stems = [.. own.Select(word => word.Stem)];
        int length = question.Length;
        return string.Join(
            ' ',
            [question, .. WordStem.In(last).Where(word => stems.Add(word.Stem)).Select(word => word.Text).TakeWhile(word => (length += word.Length + 1) <= most)]);
    }

    [GeneratedRegex(@"\b(he|she|it|its|they|them|his|her|hers|him|their|theirs|this|that|these|those|there|one)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pronoun();
}
