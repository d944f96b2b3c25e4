namespace Freehold.Retrieval;

/// <summary>The passages that are answered, of one side of a search or of both.</summary>
internal static class Fusion
{
    /// <summary>Adds <c>found (id, score)</c>: the best of one side.</summary>
    public static void AddBest(SearchStatement statement, string side, int limit) =>
        statement.Add("found", $"select id, score from {side} order by score desc, id limit {statement.Parameter(limit)}");

    /// <summary>
    /// Adds <c>found (id, score)</c> of <c>lexical</c> and a dense part by weighted reciprocal rank fusion. Its constant is 10, not the
    /// customary 60: with 60 a weak dense side costs nDCG@10 at any weight (docs/decisions/0004-fusion.md).
    /// </summary>
    public static void AddTo(SearchStatement statement, string dense, double denseWeight, int limit)
    {
        statement.Add(
            "ranked",
            $"""
            select id, 1::float8 / (10 + row_number() over (order by score desc, id)) as score from lexical
            union all
            select id, {statement.Parameter(denseWeight)}::float8 / (10 + row_number() over (order by score desc, id)) from {dense}
            """);
        statement.Add("found", $"select id, sum(score) as score from ranked group by id order by score desc, id limit {statement.Parameter(limit)}");
    }
}
