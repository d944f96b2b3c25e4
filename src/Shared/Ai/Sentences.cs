using System.Buffers;

namespace Freehold.Ai;

/// <summary>Finds where the first sentence or line of a text ends.</summary>
internal static class Sentences
{
    private const string Closing = "\"'”’»)]}›";
    private static readonly SearchValues<char> Ends = SearchValues.Create(".!?…。！？");

    /// <summary>
    /// Length of the first sentence, without white space after it; of the whole text if it is one. A mark ends a sentence where
    /// white space follows and then no small letter, or at once where the script has no spaces.
    /// </summary>
    public static int Length(ReadOnlySpan<char> text)
    {
        for (int from = 0; ;)
        {
            int mark = text[from..].IndexOfAny(Ends);
            if (mark < 0)
            {
                return text.TrimEnd().Length;
            }

            int end = from + mark + 1;
            bool isWide = text[end - 1] is '。' or '！' or '？';
            end += text[end..].Length - text[end..].TrimStart(Closing).Length;
            ReadOnlySpan<char> rest = text[end..];
            ReadOnlySpan<char> next = rest.TrimStart();
            if (next.IsEmpty || isWide || (next.Length < rest.Length && !char.IsLower(next[0])))
            {
                return end;
            }

            from = end;
        }
    }

    /// <summary>Length of the first line, without white space after it; of the whole text if it is one.</summary>
    public static int LineLength(ReadOnlySpan<char> text)
    {
        int end = text.IndexOf('\n');
        ReadOnlySpan<char> line = end < 0 ? text : text[..end];
        return line.IsWhiteSpace() ? Math.Max(1, line.Length) : line.TrimEnd().Length;
    }
}
