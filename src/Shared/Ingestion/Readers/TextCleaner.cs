using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Makes text that can be stored and shown: line ends are <c>\n</c>, U+0000 and lone surrogates become U+FFFD
/// (PostgreSQL refuses both), other control characters and no-break spaces become spaces, and soft hyphens and byte
/// order marks, which would split words for a search, are dropped. Normalisation forms are left as they are.
/// </summary>
internal static class TextCleaner
{
    /// <summary>Cleans a text, keeping its white space.</summary>
    public static string Clean(string text)
    {
        var first = IndexOfUnclean(text);
        if (first < 0)
        {
            return text;
        }

        var clean = new StringBuilder(text.Length).Append(text, 0, first);
        for (var i = first; i < text.Length;)
        {
            var next = IndexOfUnclean(text.AsSpan(i));
            var plain = next < 0 ? text.Length - i : next;
            clean.Append(text, i, plain);
            i += plain;
            if (i < text.Length)
            {
                AppendReplacement(clean, text, i++);
            }
        }

        return clean.ToString();
    }

    /// <summary>Cleans a part of a text. What belongs to the next part, since it may be half of something, is given back as it is.</summary>
    public static string Clean(string text, bool isLast, out string rest)
    {
        var length = text.Length;
        length -= !isLast && length > 0 && (text[length - 1] == '\r' || char.IsHighSurrogate(text[length - 1])) ? 1 : 0;
        rest = text[length..];
        return Clean(text[..length]);
    }

    /// <summary>Cleans a text and makes one space or, if <paramref name="lines"/>, one line end of each run of white space.</summary>
    public static string Collapse(string text, bool lines)
    {
        var clean = Clean(text);
        if (IsCollapsed(clean, lines))
        {
            return clean;
        }

        var result = new StringBuilder(clean.Length);
        var gap = '\0';
        foreach (var c in clean)
        {
            if (char.IsWhiteSpace(c))
            {
                gap = lines && (c == '\n' || gap == '\n') ? '\n' : ' ';
                continue;
            }

            if (gap != '\0' && result.Length > 0)
            {
                result.Append(gap);
            }

            gap = '\0';
            result.Append(c);
        }

        return result.ToString();
    }

    private static bool IsCollapsed(string clean, bool lines)
    {
        var wasGap = true;
        foreach (var c in clean)
        {
            var isGap = char.IsWhiteSpace(c);
            if (isGap && (wasGap || (c != ' ' && !(lines && c == '\n'))))
            {
                return false;
            }

            wasGap = isGap;
        }

        return !wasGap || clean.Length == 0;
    }

    private static int IndexOfUnclean(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var plain = c < 0x7F ? c >= ' ' || c is '\n' or '\t'
                : c > 0xA0 && !char.IsSurrogate(c) && c is not ('\u00AD' or '\uFEFF' or '\u2028' or '\u2029');
            if (!plain && !(char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])))
            {
                return i;
            }

            i += plain ? 0 : 1;
        }

        return -1;
    }

    private static void AppendReplacement(StringBuilder clean, string text, int at)
    {
        var c = text[at];
        if (c is '\u00AD' or '\uFEFF' || (c == '\r' && at + 1 < text.Length && text[at + 1] == '\n'))
        {
            return;
        }

        clean.Append(c switch
        {
            '\r' or '\f' or '\u0085' or '\u2028' or '\u2029' => '\n',
            '\0' => '\uFFFD',
            _ => char.IsSurrogate(c) ? '\uFFFD' : ' ',
        });
    }
}
