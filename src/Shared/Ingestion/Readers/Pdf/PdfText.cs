using System.Buffers;
using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>Turns the letters of a PDF, which are what is drawn, into what is read.</summary>
internal static class PdfText
{
    private static readonly SearchValues<char> Ligatures = SearchValues.Create("\uFB00\uFB01\uFB02\uFB03\uFB04\uFB05\uFB06");

    private static readonly string[] LigatureLetters = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"];

    /// <summary>Puts a text drawn from left to right into the order that it is read in, with ligatures as letters.</summary>
    public static string Logical(string drawn)
    {
        var text = drawn.AsSpan().ContainsAny(Ligatures) ? SpellOut(drawn) : drawn;
        return IsRightToLeft(text) ? Reverse(text) : text;
    }

    /// <summary>Whether most letters belong to a script that is written from right to left.</summary>
    public static bool IsRightToLeft(ReadOnlySpan<char> text)
    {
        var balance = 0;
        foreach (var c in text)
        {
            balance += IsRightToLeft(c) ? 1 : char.IsLetter(c) ? -1 : 0;
        }

        return balance > 0;
    }

    private static bool IsRightToLeft(char c) =>
        c is (>= '\u0590' and <= '\u08FF') or (>= '\uFB1D' and <= '\uFDFF') or (>= '\uFE70' and <= '\uFEFC');

    private static string SpellOut(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            result.Append(c is >= '\uFB00' and <= '\uFB06' ? LigatureLetters[c - '\uFB00'] : c.ToString());
        }

        return result.ToString();
    }

    // Numbers and words of other scripts keep their order within the line that is turned around.
    private static string Reverse(string text)
    {
        var letters = text.ToCharArray();
        Array.Reverse(letters);
        for (var i = 0; i < letters.Length; i++)
        {
            var start = i;
            while (i < letters.Length && !IsRightToLeft(letters[i]) && !char.IsWhiteSpace(letters[i]))
            {
                i++;
            }

            Array.Reverse(letters, start, i - start);
        }

        return new string(letters);
    }
}
