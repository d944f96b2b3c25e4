namespace Freehold.Retrieval;

/// <summary>
/// Maximal marginal relevance: passage after passage, the one is taken that scores best after what it loses by being like one that was
/// taken before. The order of the first few does not depend on how many are wanted, so pages fit together.
/// </summary>
internal static class Diversity
{
    /// <summary>The best passages in that order, as they come: with the scores that they had.</summary>
    /// <param name="ranked">Passages with their vectors, which have length 1; best first.</param>
    /// <param name="diversity">0: by their scores alone; 1: by their difference alone, after the best.</param>
    /// <param name="count">How many are wanted.</param>
    public static List<FoundPassage> Order(IReadOnlyList<FoundPassage> ranked, double diversity, int count)
    {
        double[] relevance = Relevance(ranked);
        double[] likeness = new double[ranked.Count];
        List<int> left = [.. Enumerable.Range(0, ranked.Count)];
        List<FoundPassage> taken = [];
        while (taken.Count < count && left.Count > 0)
        {
            int best = left.MaxBy(i => ((1 - diversity) * relevance[i]) - (diversity * likeness[i]));
            left.Remove(best);
            taken.Add(ranked[best]);
            foreach (int i in left)
            {
                likeness[i] = Math.Max(likeness[i], Likeness(ranked[i].Vector!, ranked[best].Vector!));
            }
        }

        return taken;
    }

    // Scores of any kind, between 0 and 1, as likeness is.
    private static double[] Relevance(IReadOnlyList<FoundPassage> ranked)
    {
        if (ranked.Count == 0)
        {
            return [];
        }

        // Where a model has put passages in order, it is by its scores. Those that it has not seen come after the last that it has.
        bool isReranked = ranked.Any(passage => passage.Passage.RerankScore is not null);
        double?[] scores = [.. ranked.Select(passage => isReranked ? passage.Passage.RerankScore : passage.Passage.Score)];
        double least = scores.Min()!.Value;
        double range = scores.Max()!.Value - least;
        return [.. scores.Select(score => range > 0 ? ((score ?? least) - least) / range : 1)];
    }

    private static double Likeness(float[] one, float[] other)
    {
        float sum = 0;
        for (int i = 0; i < one.Length; i++)
        {
            sum += one[i] * other[i];
        }

        return sum;
    }
}
