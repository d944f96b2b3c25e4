namespace Freehold.Retrieval.Evaluation;

/// <summary>How good a ranking is for one question.</summary>
/// <param name="Ndcg">nDCG@10, with the grades as gains.</param>
/// <param name="Recall">Share of what was judged relevant among the first 10.</param>
/// <param name="ReciprocalRank">1 / rank of the first relevant; 0 where none was found.</param>
internal sealed record Score(double Ndcg, double Recall, double ReciprocalRank)
{
    private const int Depth = 10;

    /// <summary>Of a ranking of ids.</summary>
    public static Score Of(IReadOnlyList<string> ranking, IReadOnlyDictionary<string, int> grades) =>
        Of([.. grades.Select(grade => new RankedGrade(
            grade.Value,
            ranking.Index().Where(at => at.Item == grade.Key).Select(at => at.Index + 1).FirstOrDefault()))]);

    /// <summary>Of the ranks at which what was judged was found; 0 where nothing was judged.</summary>
    public static Score Of(IReadOnlyList<RankedGrade> judged)
    {
        if (judged.Count == 0)
        {
            return new Score(0, 0, 0);
        }

        double gain = judged.Where(item => item.Rank is > 0 and <= Depth).Sum(item => Discounted(item.Grade, item.Rank));
        double ideal = judged.Select(item => item.Grade).OrderDescending().Take(Depth).Index().Sum(at => Discounted(at.Item, at.Index + 1));
        int first = judged.Where(item => item.Rank > 0).Select(item => item.Rank).DefaultIfEmpty().Min();
        return new Score(
            gain / ideal,
            judged.Count(item => item.Rank is > 0 and <= Depth) / (double)judged.Count,
            first == 0 ? 0 : 1d / first);
    }

    private static double Discounted(int grade, int rank) => grade / Math.Log2(rank + 1);
}

/// <summary>Something judged relevant, and where it was found.</summary>
/// <param name="Grade">How relevant, above 0.</param>
/// <param name="Rank">From 1; 0 where it was not found.</param>
internal readonly record struct RankedGrade(int Grade, int Rank);
