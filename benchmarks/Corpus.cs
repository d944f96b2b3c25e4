using System.Globalization;
using System.Text;

namespace Freehold.Bench;

/// <summary>
/// Makes text, the same for the same seed: words by Zipf's law, so that some stand in every passage and most in a few, in
/// sentences and paragraphs.
/// </summary>
internal sealed class Corpus(int seed)
{
    private static readonly double[] Cumulative = Accumulate();

    private readonly Random _random = new(seed);

    /// <summary>Paragraphs of about that many characters each, with a blank line between them.</summary>
    public string Document(int paragraphs, int paragraphLength)
    {
        StringBuilder text = new(paragraphs * (paragraphLength + 2));
        for (int i = 0; i < paragraphs; i++)
        {
            AddParagraph(text, paragraphLength);
            text.Append("\n\n");
        }

        return text.ToString();
    }

    /// <summary>Four to eight words from somewhere in a document, as they stand there.</summary>
    public string Fragment(string document)
    {
        string[] words = document.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int count = Math.Min(_random.Next(4, 9), words.Length);
        return string.Join(' ', words, _random.Next(words.Length - count + 1), count);
    }

    public int Next(int below) => _random.Next(below);

    private void AddParagraph(StringBuilder text, int length)
    {
        // The last sentence overshoots by half its length on average.
        int end = text.Length + length - 40;
        while (true)
        {
            AddSentence(text);
            if (text.Length >= end)
            {
                return;
            }

            text.Append(' ');
        }
    }

    private void AddSentence(StringBuilder text)
    {
        int words = _random.Next(6, 19);
        for (int i = 0; i < words; i++)
        {
            string word = Word();
            text.Append(i == 0 ? char.ToUpper(word[0], CultureInfo.InvariantCulture) : word[0]).Append(word.AsSpan(1));
            text.Append(i + 1 == words ? "." : _random.Next(12) == 0 ? ", " : " ");
        }
    }

    private string Word()
    {
        int rank = Array.BinarySearch(Cumulative, _random.NextDouble() * Cumulative[^1]);
        return Vocabulary.Words[rank < 0 ? ~rank : rank];
    }

    private static double[] Accumulate()
    {
        double[] sums = new double[Vocabulary.Words.Length];
        double sum = 0;
        for (int rank = 0; rank < sums.Length; rank++)
        {
            sums[rank] = sum += 1d / (rank + 1);
        }

        return sums;
    }
}
