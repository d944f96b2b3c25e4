using Microsoft.ML.Tokenizers;

namespace Freehold.Ai;

/// <summary>Counts the tokens that a model makes of a text.</summary>
internal sealed class TokenCounter(Tokenizer tokenizer)
{
    // A tokenizer's time grows with the square of a word's length, and not everything between two spaces is a word.
    private const int LongestPiece = 256;

    /// <summary>Tokens of a text of any length, in time proportional to it. May be a few too many where there are no spaces.</summary>
    public int Count(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (text.Length > LongestPiece)
        {
            // A word's token begins with the space before it.
            int space = text[..LongestPiece].LastIndexOfAny(' ', '\n');
            int length = space > 0 ? space : LongestPiece - (char.IsHighSurrogate(text[LongestPiece - 1]) ? 1 : 0);
            count += tokenizer.CountTokens(text[..length]);
            text = text[length..];
        }

        return count + tokenizer.CountTokens(text);
    }
}
