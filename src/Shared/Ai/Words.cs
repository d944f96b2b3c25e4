using System.Globalization;
using System.Text;

namespace Freehold.Ai;

/// <summary>
/// The words of a text: runs of letters and digits with their marks, in any script. Chinese and Japanese put no spaces
/// between words, so there every character counts as one.
/// </summary>
internal static class Words
{
    private static readonly Kind[] Kinds = [.. Enumerable.Range(0, char.MaxValue + 1).Select(c => KindOf((char)c))];

    private enum Kind : byte
    {
        Other,
        Letter,
        Mark,
        Ideograph,
        Surrogate,
    }

    /// <summary>Counts the words of a text.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in In(text))
        {
            count++;
        }

        return count;
    }

    /// <summary>Lists the words of a text as slices of it.</summary>
    public static Enumerator In(ReadOnlySpan<char> text) => new(text);

    private static Kind KindOf(char c)
    {
        if (c is (>= '\u3005' and <= '\u3007') or (>= '\u3041' and <= '\u3096') or (>= '\u309D' and <= '\u309F')
            or (>= '\u30A1' and <= '\u30FA') or (>= '\u30FC' and <= '\u30FF') or (>= '\u3105' and <= '\u312F')
            or (>= '\u31A0' and <= '\u31BF') or (>= '\u31F0' and <= '\u31FF') or (>= '\u3400' and <= '\u4DBF')
            or (>= '\u4E00' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF') or (>= '\uFF66' and <= '\uFF9D'))
        {
            return Kind.Ideograph;
        }

        return char.IsLetterOrDigit(c) ? Kind.Letter
            : char.IsSurrogate(c) ? Kind.Surrogate
            : CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark ? Kind.Mark
            : Kind.Other;
    }

    /// <summary>Steps from word to word without allocating.</summary>
    public ref struct Enumerator(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _next;

        /// <summary>The word.</summary>
        public ReadOnlySpan<char> Current { get; private set; }

        /// <summary>Whether the word is a single character of a script without spaces.</summary>
        public bool IsIdeograph { get; private set; }

        /// <summary>Where the word begins in the text.</summary>
        public int Start { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        /// <summary>Goes to the next word.</summary>
        public bool MoveNext()
        {
            var i = _next;
            Kind kind;
            int length;
            while ((kind = At(i, out length)) is Kind.Other or Kind.Mark && length > 0)
            {
                i += length;
            }

            Start = i;
            i += length;
            IsIdeograph = kind == Kind.Ideograph;
            while (length > 0 && (kind = At(i, out length)) is Kind.Mark || (kind == Kind.Letter && !IsIdeograph))
            {
                i += length;
            }

            _next = i;
            Current = _text[Start..i];
            return i > Start;
        }

        private readonly Kind At(int i, out int length)
        {
            length = i < _text.Length ? 1 : 0;
            var kind = length > 0 ? Kinds[_text[i]] : Kind.Other;
            return kind == Kind.Surrogate ? OfPair(i, out length) : kind;
        }

        private readonly Kind OfPair(int i, out int length)
        {
            Rune.DecodeFromUtf16(_text[i..], out var rune, out length);
            return rune.Value is >= 0x20000 and <= 0x3FFFF ? Kind.Ideograph : Rune.IsLetterOrDigit(rune) ? Kind.Letter : Kind.Other;
        }
    }
}
