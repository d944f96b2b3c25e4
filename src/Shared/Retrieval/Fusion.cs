namespace Freehold.Retrieval;

/// <summary>The passages that are answered, of one side of a search or of both.</summary>
internal static class Fusion
{
    /// <summary>Adds <c>found (id, score)</c>: the best of one side.</summary>
    public static void AddBest(SearchStatement statement, string side, PageOfPassages page) => Pick(statement, side, page);

    /// <summary>
    /// Adds <c>found (id, score)</c> of <see cref="LexicalOrder"/> and a dense part, whose scores count or their order alone
    /// (docs/decisions/0004-fusion.md).
    /// </summary>
    public static void AddTo(SearchStatement statement, string dense, QueryVector vector, PageOfPassages page)
    {
        string weight = $"{statement.Parameter(vector.Weight)}::float8";
        statement.Add("ranked", vector.IsOfWords ? Ranks(dense, weight) : Scores(dense, weight));
        statement.Add("fused", "select id, sum(score) as score from ranked group by id");
        Pick(statement, "fused", page);
    }

    // Weighted reciprocal rank fusion. Its constant is 10, not the customary 60: with 60 a weak dense side costs nDCG@10 at any weight.
    private static string Ranks(string dense, string weight) =>
        $"""
        select id, 1::float8 / (10 + place) as score from lexical
        union all
        select id, {weight} / (10 + row_number() over (order by score desc, id)) from {dense}
        """;

    // BM25 knows what is nothing, so its scores count from 0, given out in the lexical order; where a model's cosines begin to mean something
    // only the model knows, so they count from the last candidate's. Either way the best is 1.
    private static string Scores(string dense, string weight) =>
        $"""
        select l.id, o.score / max(o.score) over () as score from lexical l join ordered o using (place)
        union all
        select id, {weight} * coalesce((score - min(score) over ()) / nullif(max(score) over () - min(score) over (), 0), 1) from {dense}
        """;

    private static void Pick(SearchStatement statement, string from, PageOfPassages page)
    {
        if (page.MaxPerDocument is { } most)
        {
            statement.Add(
                "spread",
                $"""
                select id, score from (
                    select id, score, row_number() over (partition by id >> 20 order by score desc, id) as nth from {from}) numbered
                where nth <= {statement.Parameter(most)}
                """);
            from = "spread";
        }

        statement.Add(
            "found",
            $"select id, score from {from} order by score desc, id limit {statement.Parameter(page.Limit)} offset {statement.Parameter(page.Offset)}");
    }
}

/// <summary>Which of the ranked passages are answered.</summary>
/// <param name="Limit">At most so many,</param>
/// <param name="Offset">after so many,</param>
/// <param name="MaxPerDocument">and of one document, from the first on, only so many; null for any number.</param>
internal sealed record PageOfPassages(int Limit, int Offset = 0, int? MaxPerDocument = null);
