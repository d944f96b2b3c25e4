namespace Freehold.Bench.Quality;

/// <summary>How good a ranking of documents is for one question.</summary>
/// <param name="Ndcg">nDCG@10, with the grades as gains.</param>
/// <param name="Recall">Share of the answering documents among the first 10.</param>
/// <param name="ReciprocalRank">1 / rank of the first answering document.</param>
internal sealed record Score(double Ndcg, double Recall, double ReciprocalRank)
{
    private const int Depth = 10;

    public static Score Of(IReadOnlyList<string> ranking, IReadOnlyDictionary<string, int> grades)
    {
        double gain = ranking.Take(Depth).Index().Sum(at => Discounted(grades.GetValueOrDefault(at.Item), at.Index));
        double ideal = grades.Values.OrderDescending().Take(Depth).Index().Sum(at => Discounted(at.Item, at.Index));
        int first = ranking.Index().Where(at => grades.ContainsKey(at.Item)).Select(at => at.Index + 1).FirstOrDefault();
        return new Score(gain / ideal, ranking.Take(Depth).Count(grades.ContainsKey) / (double)grades.Count, first == 0 ? 0 : 1d / first);
    }

    private static double Discounted(int grade, int index) => grade / Math.Log2(index + 2);
}
