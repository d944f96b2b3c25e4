using System.Globalization;
using System.Text.RegularExpressions;
using Lucene.Net.Analysis.Miscellaneous;

namespace Freehold.Bench.Readers;

/// <summary>
/// The words of two texts, compared: runs of letters and digits, whatever their case, ligatures as their letters. Accents are not
/// compared, since a letter with one is written in several ways.
/// </summary>
internal static partial class Words
{
    /// <summary>How many of the reference's words, and pairs of neighbours, the other text has too, each as often as it occurs.</summary>
    public static Kept Compare(string reference, string text)
    {
        List<string> ours = Split(text);
        Dictionary<string, int> left = Count(ours);
        List<string> expected = Split(CutWord().Replace(reference, "\n"));
        (long words, long kept) = (expected.Count, expected.Count(word => Take(left, word)));

        // A word that is cut in two at the end of a line may be read as one, or as two when its hyphen belongs to it.
        foreach (Match cut in CutWord().Matches(reference))
        {
            (string first, string second) = (Fold(cut.Groups["first"].Value), Fold(cut.Groups["second"].Value));
            bool whole = Take(left, first + second);
            words += whole ? 1 : 2;
            kept += whole ? 1 : (Take(left, first) ? 1 : 0) + (Take(left, second) ? 1 : 0);
        }

        return new Kept(words, kept, expected.Count - 1, Neighbours(expected, ours));
    }

    private static long Neighbours(List<string> expected, List<string> ours)
    {
        Dictionary<string, int> left = Count(ours.Zip(ours.Skip(1), Pair));
        return expected.Zip(expected.Skip(1), Pair).Count(pair => Take(left, pair));

        static string Pair(string first, string second) => first + " " + second;
    }

    private static Dictionary<string, int> Count(IEnumerable<string> words) =>
        words.CountBy(word => word).ToDictionary(count => count.Key, count => count.Value);

    private static bool Take(Dictionary<string, int> left, string word)
    {
        if (!left.TryGetValue(word, out int count) || count == 0)
        {
            return false;
        }

        left[word] = count - 1;
        return true;
    }

    private static List<string> Split(string text) => [.. Word().Matches(Fold(text)).Select(match => match.Value)];

    private static string Fold(string text)
    {
        char[] letters = [.. text.Where(c => c != '\u00AD' && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)];
        char[] folded = new char[4 * letters.Length];
        int length = ASCIIFoldingFilter.FoldToASCII(letters, 0, folded, 0, letters.Length);
        return new string(folded, 0, length).ToLowerInvariant();
    }

    [GeneratedRegex(@"[\p{L}\p{Nd}]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<first>[\p{L}\p{Nd}]+)[-\u2010\u00AD]\n\s*(?<second>\p{Ll}[\p{L}\p{Nd}]*)")]
    private static partial Regex CutWord();
}

/// <summary>What a text has of another one's words, and of its pairs of neighbouring words.</summary>
internal readonly record struct Kept(long Words, long KeptWords, long Pairs, long KeptPairs)
{
    public double WordsPercent => Words == 0 ? 100 : 100d * KeptWords / Words;

    public double PairsPercent => Pairs <= 0 ? 100 : 100d * KeptPairs / Pairs;

    public static Kept operator +(Kept a, Kept b) =>
        new(a.Words + b.Words, a.KeptWords + b.KeptWords, a.Pairs + b.Pairs, a.KeptPairs + b.KeptPairs);
}
