namespace Freehold.Ai;

/// <summary>
/// What a word adds to the vector of a text: its stem, and the stem's groups of three letters at a lower weight, each
/// hashed to a dimension and a sign. The hash is part of every stored embedding, so it must never change.
/// </summary>
internal sealed class LexicalTerm
{
    /// <summary>A word that adds nothing.</summary>
    public static readonly LexicalTerm None = new(0, []);

    private const double GroupWeight = 0.3;

    // Short words mean less, in any language; there are no statistics of a collection to tell how rare a word is.
    private const double FullWeightLength = 6;

    private readonly (int Dimension, float Weight)[] _parts;

    private LexicalTerm(ulong key, (int, float)[] parts)
    {
        Key = key;
        _parts = parts;
    }

    /// <summary>The same for all words of one stem, different for others.</summary>
    public ulong Key { get; }

    /// <summary>Makes the term of a word, lower case, or of two neighbouring characters of a script without spaces.</summary>
    public static LexicalTerm Of(string word, bool isIdeographic)
    {
        if (EnglishStopWords.All.Contains(word))
        {
            return None;
        }

        var isPair = isIdeographic && (word.Length > 2 || (word.Length == 2 && !char.IsSurrogate(word[0])));
        var stem = isIdeographic ? word : EnglishStems.Of(word);
        var parts = new List<(int, float)>
        {
            Part('w', stem, isIdeographic ? (isPair ? 1 : GroupWeight) : Math.Min(1, stem.Length / FullWeightLength)),
        };
        var marked = $"^{stem}$";
        for (var i = 0; i + 3 <= marked.Length && !isIdeographic; i++)
        {
            parts.Add(Part('t', marked.AsSpan(i, 3), GroupWeight));
        }

        return new LexicalTerm(Hash('w', stem), [.. parts]);
    }

    /// <summary>Adds the term to a vector.</summary>
    public void AddTo(Span<float> vector, float frequency)
    {
        foreach (var (dimension, weight) in _parts)
        {
            vector[dimension] += weight * frequency;
        }
    }

    private static (int, float) Part(char kind, ReadOnlySpan<char> text, double weight)
    {
        var hash = Hash(kind, text);
        return ((int)((hash >> 33) % LexicalEmbedder.Dimensions), (float)((hash & 1) == 0 ? weight : -weight));
    }

    // FNV-1a over UTF-16 code units, its bits mixed once more, as FNV alone leaves the high ones of short texts alike.
    private static ulong Hash(char kind, ReadOnlySpan<char> text)
    {
        var hash = (14695981039346656037UL ^ kind) * 1099511628211UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93UL;
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93UL;
        return hash ^ (hash >> 32);
    }
}
