namespace Freehold.Answers;

/// <summary>
/// How much of a question's words the passages found for it hold, by groups of four letters, each weighed by how few of the passages have
/// it. Inflected words and parts of compounds have groups in common, in any language.
/// </summary>
internal sealed class LetterGroups
{
    private const int Letters = 4;
    private const int FewPassages = 10;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _places;
    private readonly double[] _weights;

    public LetterGroups(WeighedQuestion asked, IReadOnlyList<WeighedPassage> found)
    {
        Dictionary<string, int> places = [];
        foreach (WordStem word in asked.Words)
        {
            foreach (Range group in Of(word.Marked))
            {
                places.TryAdd(word.Marked[group], places.Count);
            }
        }

        _places = places.GetAlternateLookup<ReadOnlySpan<char>>();
        bool[][][] held = [.. found.Select(passage => passage.Sentences.Select(Held).ToArray())];
        bool[][] passages = [.. held.Select(Together)];
        int count = Math.Max(found.Count, FewPassages);
        _weights = [.. Enumerable.Range(0, places.Count).Select(i =>
        {
            int having = passages.Count(passage => passage[i]);
            return Math.Log(1 + ((count - having + 0.5) / (having + 0.5)));
        })];
        Best = passages.Max(Share);
        double[] sentences = [.. held.Select(sentences => sentences.Max(Share)).OrderDescending()];
        Lead = sentences[0] - (sentences.Length > 1 ? sentences[1] : 0);
    }

    /// <summary>Share of the groups' weight that stands in the passage which has most of it.</summary>
    public double Best { get; }

    /// <summary>How much more of it stands in one sentence of a passage than in any of another one.</summary>
    public double Lead { get; }

    private bool[] Held(Sentence sentence)
    {
        bool[] held = new bool[_places.Dictionary.Count];
        foreach (WordStem word in sentence.Words)
        {
            foreach (Range group in Of(word.Marked))
            {
                if (_places.TryGetValue(word.Marked.AsSpan(group), out int place))
                {
                    held[place] = true;
                }
            }
        }

        return held;
    }

    private bool[] Together(bool[][] sentences) =>
        [.. Enumerable.Range(0, _places.Dictionary.Count).Select(i => sentences.Any(sentence => sentence[i]))];

    private double Share(bool[] held)
    {
        double all = 0;
        double share = 0;
        for (int i = 0; i < held.Length; i++)
        {
            all += _weights[i];
            share += held[i] ? _weights[i] : 0;
        }

        return all > 0 ? share / all : 0;
    }

    // A word that is no longer than a group is one.
    private static IEnumerable<Range> Of(string marked)
    {
        for (int i = 0; i + Letters <= marked.Length || i == 0; i++)
        {
            yield return i..Math.Min(i + Letters, marked.Length);
        }
    }
}
