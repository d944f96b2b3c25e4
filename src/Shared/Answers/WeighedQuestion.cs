namespace Freehold.Answers;

/// <summary>
/// A question's words and how much each tells, by how rare it is among the passages that were found for it. A rare word's passages are
/// among them, so that no statistics of the whole database are needed.
/// </summary>
internal sealed class WeighedQuestion
{
    private const int FewPassages = 10;

    // Window, in words, within which neighbours of the question count as neighbours in a passage.
    private const int Close = 2;

    private readonly Dictionary<(string, string), double> _likeness = [];
    private readonly HashSet<string> _names;
    private readonly ExpectedAnswer.Test? _expected;
    private readonly double _total;

    public WeighedQuestion(string question, IReadOnlyList<WeighedPassage> found)
    {
        Words = WordStem.In(question, QuestionWords.All);
        Terms = [.. Words.Select(word => word.Stem).Distinct()];
        Rarity = RarityAmong(found);
        _names = [.. Words.Where(word => word.IsName).Select(word => word.Stem)];
        _expected = ExpectedAnswer.Of(question);
        _total = Rarity.Values.Sum();
    }

    public IReadOnlyList<WordStem> Words { get; }

    /// <summary>Different stems, in the order of the question.</summary>
    public IReadOnlyList<string> Terms { get; }

    /// <summary>Weight of each term.</summary>
    public IReadOnlyDictionary<string, double> Rarity { get; }

    /// <summary>How well each term is found among some words, 0 to 1.</summary>
    public double[] Match(IEnumerable<string> stems)
    {
        double[] best = new double[Terms.Count];
        foreach (string stem in stems)
        {
            for (int i = 0; i < best.Length; i++)
            {
                best[i] = Math.Max(best[i], Likeness(Terms[i], stem));
            }
        }

        return best;
    }

    /// <summary>Share of the terms' weight that is matched.</summary>
    public double Share(double[] match) => _total == 0 ? 0 : match.Select((value, i) => value * Rarity[Terms[i]]).Sum() / _total;

    /// <summary>Weight of the names and numbers that are not matched.</summary>
    public double MissingNames(double[] match) => match.Select((value, i) => _names.Contains(Terms[i]) ? (1 - value) * Rarity[Terms[i]] : 0).Sum();

    /// <summary>How many numbers are not matched.</summary>
    public double MissingNumbers(double[] match) => match.Select((value, i) => char.IsDigit(Terms[i][0]) ? 1 - value : 0).Sum();

    /// <summary>Whether the sentence has a word of the kind that is asked for, which the question does not have itself.</summary>
    public bool HasExpected(Sentence sentence) =>
        _expected is null || sentence.Words.Any(word => !Terms.Contains(word.Stem) && _expected(word.Text));

    /// <summary>Share, by weight, of the question's neighbouring words that are close to one another in the passage as well.</summary>
    public double Closeness(WeighedPassage passage)
    {
        Dictionary<string, List<int>> places = Terms.ToDictionary(term => term, _ => new List<int>());
        for (int i = 0; i < passage.Order.Count; i++)
        {
            foreach (string term in Terms)
            {
                if (Likeness(term, passage.Order[i]) > 0)
                {
                    places[term].Add(i);
                }
            }
        }

        double all = 0;
        double near = 0;
        for (int i = 1; i < Words.Count; i++)
        {
            (string one, string other) = (Words[i - 1].Stem, Words[i].Stem);
            double weight = Rarity[one] + Rarity[other];
            all += weight;
            near += places[one].Any(a => places[other].Any(b => Math.Abs(a - b) <= Close)) ? weight : 0;
        }

        return all > 0 ? near / all : Share(Match(passage.Counts.Keys));
    }

    private Dictionary<string, double> RarityAmong(IReadOnlyList<WeighedPassage> passages)
    {
        int count = Math.Max(passages.Count, FewPassages);
        return Terms.ToDictionary(term => term, term =>
        {
            int having = passages.Count(passage => passage.Counts.ContainsKey(term));
            return Math.Log(1 + ((count - having + 0.5) / (having + 0.5)));
        });
    }

    private double Likeness(string term, string stem)
    {
        // Most pairs have nothing in common, which is seen at once.
        if (term == stem || term[0] != stem[0])
        {
            return term == stem ? 1 : 0;
        }

        if (!_likeness.TryGetValue((term, stem), out double likeness))
        {
            _likeness[(term, stem)] = likeness = WordStem.Likeness(term, stem);
        }

        return likeness;
    }
}
