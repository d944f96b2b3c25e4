using Freehold.Retrieval;

namespace Freehold.Answers;

/// <summary>A sentence of a passage, and where in it.</summary>
internal sealed record Sentence(int Start, int Length, IReadOnlyList<WordStem> Words);

/// <summary>A passage and its words, taken apart once.</summary>
internal sealed class WeighedPassage
{
    // Tables and lists may have no mark that ends a sentence.
    private const int LongestSentence = 600;

    public WeighedPassage(Passage passage)
    {
        Passage = passage;
        Sentences = [.. Split(passage.Text)];
        Order = [.. Sentences.SelectMany(sentence => sentence.Words).Select(word => word.Stem)];
        Counts = Order.CountBy(stem => stem).ToDictionary();
    }

    public Passage Passage { get; }

    public IReadOnlyList<Sentence> Sentences { get; }

    /// <summary>The stems of the passage, as they follow one another.</summary>
    public IReadOnlyList<string> Order { get; }

    /// <summary>How often each stem stands in it.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; }

    public string TextOf(Sentence sentence) => Passage.Text.Substring(sentence.Start, sentence.Length);

    public static IEnumerable<Sentence> Split(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            int length = Length(text.AsSpan(at));
            yield return new Sentence(at, length, WordStem.In(text.Substring(at, length), QuestionWords.All));
            at += length;
        }
    }

    private static int Length(ReadOnlySpan<char> text)
    {
        int paragraph = text.IndexOf("\n\n");
        ReadOnlySpan<char> first = paragraph < 0 ? text : text[..paragraph];
        int length = Ai.Sentences.Length(first);
        if (length <= LongestSentence)
        {
            return length;
        }

        int space = text[..LongestSentence].LastIndexOfAny(' ', '\n');
        return space > 0 ? text[..space].TrimEnd().Length : LongestSentence - (char.IsHighSurrogate(text[LongestSentence - 1]) ? 1 : 0);
    }
}
