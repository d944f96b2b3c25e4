using Freehold.Ai;

namespace Freehold.Answers;

/// <summary>A sentence that may answer a question. The higher its score, the more of the question it holds.</summary>
internal sealed record FoundSentence(WeighedPassage Passage, Sentence Sentence, double Share, double Score);

/// <summary>
/// How much speaks for the passages found holding the answer to a question. What is looked at: how much of the question, weighed by
/// rarity, stands in the best passage, its best sentence and the ones beside it; how close together; which of its names and numbers are
/// missing; and how far the best passage stands out from the others, which share its topic.
/// </summary>
internal sealed class Evidence
{
    private const int Compared = 5;
    private const double K1 = 1.2;
    private const double B = 0.75;

    private Evidence(double[] features, IReadOnlyList<FoundSentence> sentences) => (Features, Sentences) = (features, sentences);

    /// <summary>What <see cref="EvidenceModel"/> weighs; empty where nothing was found.</summary>
    public IReadOnlyList<double> Features { get; }

    /// <summary>0 to 1.</summary>
    public double Score => Features.Count == 0 ? 0 : EvidenceModel.Score(Features);

    /// <summary>Sentences of the best passages, best first.</summary>
    public IReadOnlyList<FoundSentence> Sentences { get; }

    /// <summary>Weighs the passages found for a question, best first.</summary>
    public static Evidence Of(string question, IReadOnlyList<WeighedPassage> found)
    {
        WeighedQuestion asked = new(question, found);
        if (asked.Terms.Count == 0 || found.Count == 0)
        {
            return new Evidence([], []);
        }

        Weighed[] weighed = [.. found.Take(Compared).Select(passage => Weigh(asked, passage)).OrderByDescending(each => each.Score)];
        FoundSentence[] sentences = [.. weighed.SelectMany(each => each.Sentences).OrderByDescending(sentence => sentence.Score)];
        return new Evidence(FeaturesOf(asked, found, weighed), sentences);
    }

    // In the order of EvidenceModel's weights.
    private static double[] FeaturesOf(WeighedQuestion asked, IReadOnlyList<WeighedPassage> found, Weighed[] weighed)
    {
        Weighed best = weighed[0];
        LetterGroups letters = new(asked, found);
        return
        [
            best.Closeness,
            best.Best.Share - (weighed.Length > 1 ? weighed[1].Best.Share : 0),
            BestRank(asked, found) / 10,
            letters.Best,
            letters.Lead,
            asked.HasExpected(best.Best.Sentence) ? 1 : 0,
            best.Passage == found[0] ? 1 : 0,
            asked.MissingNumbers(best.Match),
            asked.MissingNames(best.MatchAround) / 10,
            TextLanguage.Detect(best.Passage.Passage.Text) == "english" ? 1 : 0,
        ];
    }

    private static Weighed Weigh(WeighedQuestion asked, WeighedPassage passage)
    {
        double[][] matches = [.. passage.Sentences.Select(sentence => asked.Match(sentence.Words.Select(word => word.Stem)))];
        double[][] around = [.. matches.Select((_, i) => Highest(matches[Math.Max(0, i - 1)..Math.Min(i + 2, matches.Length)]))];
        FoundSentence[] sentences = [.. passage.Sentences.Select((sentence, i) =>
        {
            double[] wide = [.. matches[i].Select((own, term) => Math.Max(own, 0.7 * around[i][term]))];
            double share = asked.Share(matches[i]);
            return new FoundSentence(
                passage, sentence, share, share + (0.5 * asked.Share(wide)) + (asked.HasExpected(sentence) ? 0.1 : 0));
        })];
        double[] match = Highest(matches);
        double closeness = asked.Closeness(passage);
        (int at, FoundSentence best) = sentences.Index().MaxBy(each => each.Item.Score);
        return new Weighed(passage, sentences, best, match, around[at], closeness, asked.Share(match) + best.Share + closeness);
    }

    private static double[] Highest(double[][] matches) => [.. matches[0].Select((_, term) => matches.Max(match => match[term]))];

    /// <summary>The highest BM25, by the statistics of what was found.</summary>
    private static double BestRank(WeighedQuestion asked, IReadOnlyList<WeighedPassage> found)
    {
        double average = found.Average(passage => passage.Order.Count);
        return found.Max(passage => asked.Terms.Sum(term =>
        {
            int count = passage.Counts.GetValueOrDefault(term);
            return asked.Rarity[term] * count * (K1 + 1) / (count + (K1 * (1 - B + (B * passage.Order.Count / average))));
        }));
    }

    /// <param name="Passage">The passage.</param>
    /// <param name="Sentences">Its sentences.</param>
    /// <param name="Best">The one that holds most of the question.</param>
    /// <param name="Match">How well each term is found in the passage.</param>
    /// <param name="MatchAround">The same in the best sentence and those beside it.</param>
    /// <param name="Closeness">Share of neighbouring words that are close to one another in it.</param>
    /// <param name="Score">By which the best passage is the best.</param>
    private sealed record Weighed(
        WeighedPassage Passage,
        IReadOnlyList<FoundSentence> Sentences,
        FoundSentence Best,
        double[] Match,
        double[] MatchAround,
        double Closeness,
        double Score);
}
