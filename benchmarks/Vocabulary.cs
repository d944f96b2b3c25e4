using Freehold.Ai;

namespace Freehold.Bench;

/// <summary>
/// 20,000 words, the most frequent first: the common English stop words in the order of their frequency, then words that are made
/// up of English-like syllables, most of them in forms that an English stemmer takes back to one stem.
/// </summary>
internal static class Vocabulary
{
    private const int Count = 20_000;
    private const int Seed = 1;

    private static readonly string[] StopWords =
    [
        "the", "of", "and", "to", "a", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "he", "his", "are",
        "or", "at", "this", "from", "have", "which", "were", "an", "but", "has", "their", "been", "they", "all", "more", "will", "there",
        "if", "when", "so", "no", "these", "its", "what", "than", "other", "into", "some", "only", "such", "them", "between", "under", "because",
    ];

    private static readonly string[] Onsets =
    [
        "b", "br", "c", "cl", "cr", "d", "dr", "f", "fl", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "pr", "r", "s", "sc", "sl", "sp",
        "st", "str", "t", "tr", "v", "w",
    ];

    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];

    private static readonly string[] Codas = ["", "b", "ck", "d", "ft", "g", "l", "lt", "m", "n", "nd", "nt", "p", "r", "rk", "rm", "st", "t"];

    private static readonly string[] Endings = ["", "", "s", "ing", "ed", "er", "ment", "ation", "ness", "ly"];

    /// <summary>The words. The same in every run.</summary>
    public static string[] Words { get; } = Make();

    private static string[] Make()
    {
        Random random = new(Seed);
        HashSet<string> words = [.. StopWords];
        while (words.Count < Count)
        {
            string stem = Stem(random);
            for (int forms = random.Next(1, 5); forms > 0 && words.Count < Count; forms--)
            {
                string word = stem + Endings[random.Next(Endings.Length)];
                if (!EnglishStopWords.All.Contains(word))
                {
                    words.Add(word);
                }
            }
        }

        // A stem's forms are not equally frequent.
        string[] made = [.. words.Skip(StopWords.Length)];
        random.Shuffle(made);
        return [.. StopWords, .. made];
    }

    private static string Stem(Random random)
    {
        string stem = string.Empty;
        for (int syllables = random.Next(1, 4); syllables > 0; syllables--)
        {
            stem += Onsets[random.Next(Onsets.Length)] + Vowels[random.Next(Vowels.Length)];
        }

        return stem + Codas[random.Next(1, Codas.Length)];
    }
}
