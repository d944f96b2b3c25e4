using System.Collections.Frozen;
using System.Text;
using UtfUnknown;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Guesses in which of the older encodings a text was written that is not in UTF-8, by how often its bytes occur in texts of each. Few
/// bytes are alike in too many of them: what is not plain is left to Windows-1252, the most frequent by far.
/// </summary>
internal static class EncodingGuess
{
    private const int MostBytes = 16 << 10;

    // One letter in ten beyond ASCII: a Western text with a few dashes looks like Chinese.
    private const int ForeignShare = 10;
    private const int FewestForeign = 4;

    // Central European texts differ from Western ones in a few letters only.
    private const int FewestLatin = 10;

    private static readonly FrozenSet<string> Foreign = FrozenSet.ToFrozenSet(
    [
        "windows-1251", "koi8-r", "iso-8859-5", "ibm866", "ibm855", "windows-1253", "iso-8859-7", "windows-1255", "iso-8859-8", "windows-1256",
        "iso-8859-6", "tis-620", "shift-jis", "euc-jp", "gb18030", "big5", "euc-kr",
    ]);

    private static readonly FrozenSet<string> Latin = FrozenSet.ToFrozenSet(
        ["windows-1250", "iso-8859-2", "windows-1254", "iso-8859-9", "windows-1257", "iso-8859-13"]);

    /// <summary>The encoding of a text that begins with these bytes; null where it is UTF-8, or most likely Windows-1252.</summary>
    public static Encoding? Of(ReadOnlySpan<byte> bytes)
    {
        var head = bytes[..Math.Min(bytes.Length, MostBytes)];
        var ascii = 0;
        foreach (var b in head)
        {
            ascii += b < 0x80 ? 1 : 0;
        }

        var others = head.Length - ascii;
        if (others < FewestForeign || IsMostlyUtf8(head, ascii))
        {
            return null;
        }

        var guess = CharsetDetector.DetectFromBytes(head.ToArray()).Detected;
        return guess is not null
            && ((Foreign.Contains(guess.EncodingName) && others * ForeignShare >= head.Length) || (Latin.Contains(guess.EncodingName) && others >= FewestLatin))
            ? TextDecoder.Find(guess.EncodingName)
            : null;
    }

    // A few bytes of something else, and a character that is cut at the end, leave a text in UTF-8 what it is.
    private static bool IsMostlyUtf8(ReadOnlySpan<byte> head, int ascii)
    {
        var text = Encoding.UTF8.GetString(head);
        return text.AsSpan().Count('\uFFFD') * 4 <= text.Length - ascii;
    }
}
