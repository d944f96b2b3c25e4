using System.Globalization;

namespace Freehold.Ingestion.Chunking;

/// <summary>Finds where a text can be cut with the least harm. The time is bounded by the window that is searched.</summary>
internal static class TextCut
{
    private const string Closing = "\"'”’»)]}›";

    // Longer sequences of marks are no writing.
    private const int MaxCluster = 64;

    /// <summary>
    /// Finds the best place to cut within <paramref name="lower"/> to <paramref name="upper"/> (both after
    /// <paramref name="start"/>): after a line if <paramref name="atLines"/>, else after a sentence, a line, a word, and
    /// between two characters if need be. Returns the end of what comes before.
    /// </summary>
    public static int Find(ReadOnlySpan<char> text, int start, int lower, int upper, bool atLines)
    {
        int sentence = -1, line = -1, word = -1;
        for (var i = upper; i >= lower && sentence < 0; i--)
        {
            if (i < text.Length && char.IsWhiteSpace(text[i]) && !char.IsWhiteSpace(text[i - 1]) && !IsMark(text, i + 1))
            {
                word = word < 0 ? i : word;
                line = line < 0 && text[i] == '\n' ? i : line;
                sentence = !atLines && EndsSentence(text[start..i]) ? i : sentence;
            }
            else if (!atLines && text[i - 1] is '。' or '！' or '？' && !IsMark(text, i))
            {
                sentence = i;
            }

            if (atLines && line >= 0)
            {
                break;
            }
        }

        return sentence >= 0 ? sentence : line >= 0 ? line : word >= 0 ? word : Whole(text, start, upper);
    }

    /// <summary>Goes back from <paramref name="end"/> to where no character is cut in two, but not to <paramref name="start"/>.</summary>
    public static int Whole(ReadOnlySpan<char> text, int start, int end)
    {
        if (end >= text.Length)
        {
            return text.Length;
        }

        // Text elements are found forwards only, so start from a safe distance.
        var from = Math.Max(start, end - MaxCluster);
        from += from > start && char.IsLowSurrogate(text[from]) ? 1 : 0;
        var whole = from;
        var window = text[..Math.Min(text.Length, end + MaxCluster)];
        while (whole < end && whole + StringInfo.GetNextTextElementLength(window[whole..]) is var next && next <= end)
        {
            whole = next;
        }

        return whole > from ? whole : end - (end - 1 > start && char.IsLowSurrogate(text[end]) ? 1 : 0);
    }

    private static bool EndsSentence(ReadOnlySpan<char> before)
    {
        var trimmed = before.TrimEnd(Closing);
        return trimmed.Length > 0 && trimmed[^1] is '.' or '!' or '?' or '…' or '。' or '！' or '？';
    }

    private static bool IsMark(ReadOnlySpan<char> text, int i) =>
        i < text.Length && CharUnicodeInfo.GetUnicodeCategory(text[i]) is UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
