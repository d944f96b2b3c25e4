namespace Freehold.Answers;

/// <summary>A sentence that may answer a question, and how much of the question it holds.</summary>
internal sealed record FoundSentence(WeighedPassage Passage, Sentence Sentence, double Share, double WithNeighbours, double Score);

/// <summary>
/// How much speaks for the passages found holding the answer to a question. What is looked at: how much of the question, weighed by
/// rarity, stands in the best passage, its best sentence and the ones beside it; how close together; and how far the best passage stands out
/// from the others, which share its topic.
/// </summary>
internal sealed class Evidence
{
    private const int Compared = 5;
    private const int Near = 10;
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

        Dictionary<string, double> local = asked.RarityAmong([.. found.Take(Near)]);
        double localTotal = local.Values.Sum();
        Weighed[] weighed = [.. found.Take(Compared).Select(passage => Weigh(asked, passage, local, localTotal)).OrderByDescending(each => each.Score)];
        FoundSentence[] sentences = [.. weighed.SelectMany(each => each.Sentences).OrderByDescending(sentence => sentence.Score)];
        return new Evidence(FeaturesOf(asked, weighed, Ranks(asked, found)), sentences);
    }

    private static double[] FeaturesOf(WeighedQuestion asked, Weighed[] weighed, double[] ranks)
    {
        Weighed best = weighed[0];
        Weighed? next = weighed.ElementAtOrDefault(1);
        double[] locals = [.. weighed.Select(each => each.LocalShare + each.LocalSentence).OrderDescending()];
        double first = Math.Max(ranks[0], 1e-9);
        return
        [
            best.Share,
            best.Sentence.Share,
            best.Sentence.WithNeighbours,
            best.Closeness,
            asked.HasExpected(best.Sentence.Sentence) ? 1 : 0,
            best.Share - (next?.Share ?? 0),
            best.Sentence.Share - (next?.Sentence.Share ?? 0),
            best.Closeness - (next?.Closeness ?? 0),
            weighed.Max(each => each.LocalShare),
            weighed.Max(each => each.LocalSentence),
            locals[0] - (locals.Length > 1 ? locals[1] : 0),
            (ranks[0] - (ranks.Length > 1 ? ranks[1] : 0)) / first,
            (ranks[0] - (ranks.Length > 1 ? ranks.Skip(1).Take(Near).Average() : 0)) / first,
            Math.Log(asked.Terms.Count),
            asked.Total * best.Share / 10,
            asked.Total * (1 - best.Share) / 10,
            best.Share * best.Share,
            asked.Expected is null ? 1 : 0,
            ranks[0] / 10,
        ];
    }

    private static Weighed Weigh(WeighedQuestion asked, WeighedPassage passage, Dictionary<string, double> local, double localTotal)
    {
        double[][] matches = [.. passage.Sentences.Select(sentence => asked.Match(sentence.Words.Select(word => word.Stem)))];
        double[] all = Best(matches, asked.Terms.Count);
        FoundSentence[] sentences = [.. passage.Sentences.Select((sentence, i) =>
        {
            double[] around = Best([.. matches.Skip(i - 1).Take(i == 0 ? 2 : 3)], asked.Terms.Count);
            double[] wide = [.. matches[i].Select((own, term) => Math.Max(own, 0.7 * around[term]))];
            (double share, double withNeighbours) = (asked.Share(matches[i]), asked.Share(wide));
            return new FoundSentence(
                passage, sentence, share, withNeighbours, share + (0.5 * withNeighbours) + (asked.HasExpected(sentence) ? 0.1 : 0));
        })];
        double closeness = asked.Closeness(passage);
        double shareOfAll = asked.Share(all);
        FoundSentence best = sentences.MaxBy(sentence => sentence.Score)!;
        return new Weighed(
            sentences,
            best,
            shareOfAll,
            closeness,
            asked.Share(all, local, localTotal),
            matches.Max(match => asked.Share(match, local, localTotal)),
            shareOfAll + best.Share + closeness);
    }

    private static double[] Best(double[][] matches, int terms) =>
        [.. Enumerable.Range(0, terms).Select(term => matches.Max(match => match[term]))];

    /// <summary>BM25 by the statistics of what was found, best first.</summary>
    private static double[] Ranks(WeighedQuestion asked, IReadOnlyList<WeighedPassage> found)
    {
        double average = found.Average(passage => passage.Order.Count);
        return [.. found.Select(passage => asked.Terms.Sum(term =>
        {
            int count = passage.Counts.GetValueOrDefault(term);
            return asked.Rarity[term] * count * (K1 + 1) / (count + (K1 * (1 - B + (B * passage.Order.Count / average))));
        })).OrderDescending()];
    }

    private sealed record Weighed(
        IReadOnlyList<FoundSentence> Sentences,
        FoundSentence Sentence,
        double Share,
        double Closeness,
        double LocalShare,
        double LocalSentence,
        double Score);
}
