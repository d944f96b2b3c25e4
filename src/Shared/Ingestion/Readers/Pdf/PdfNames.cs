namespace Freehold.Ingestion.Readers;

/// <summary>
/// Takes a PDF's tree of named destinations out of the parser's sight: it serves links alone, and the parser walks it,
/// before any page is read, in circles until the stack is exhausted.
/// </summary>
internal static class PdfNames
{
    private static ReadOnlySpan<byte> Destinations => "Dests"u8;

    /// <summary>Whether a file names any destinations.</summary>
    public static bool Occur(ReadOnlySpan<byte> content) => Next(content) >= 0;

    /// <summary>Gives the destinations another name of the same length.</summary>
    public static void Hide(Span<byte> content)
    {
        for (int next; (next = Next(content)) >= 0; content = content[next..])
        {
            // "/D..." or "/#44...".
            content[next] = content[next] == (byte)'#' ? content[next] : (byte)'X';
            content[next + 1] = content[next] == (byte)'#' ? (byte)'5' : content[next + 1];
        }
    }

    // Any character of a name may be written as # and two hexadecimal digits (ISO 32000, 7.3.5).
    private static int Next(ReadOnlySpan<byte> content)
    {
        for (var at = 0; content[at..].IndexOf((byte)'/') is >= 0 and var slash;)
        {
            at += slash + 1;
            var end = at;
            var matched = 0;
            while (matched < Destinations.Length && end < content.Length
                && Character(content[end..], out var length) == Destinations[matched])
            {
                matched++;
                end += length;
            }

            if (matched == Destinations.Length)
            {
                return at;
            }
        }

        return -1;
    }

    private static int Character(ReadOnlySpan<byte> text, out int length)
    {
        length = text is [(byte)'#', _, _, ..] && char.IsAsciiHexDigit((char)text[1]) && char.IsAsciiHexDigit((char)text[2]) ? 3 : 1;
        return length == 1 ? text[0] : (Convert.FromHexString([(char)text[1], (char)text[2]])[0]);
    }
}
