namespace Freehold.Retrieval;

/// <summary>
/// Puts BM25's best passages into a better order, by two things that BM25 does not look at: whether words that stand side by side in
/// the query are near to one another in the passage, and how alike the passage is to the very best ones. The figures are in
/// docs/decisions/0004-fusion.md.
/// </summary>
internal static class LexicalOrder
{
    /// <summary>Most pairs of neighbouring words that are looked for.</summary>
    private const int MostPairs = 20;

    /// <summary>What a pair counts, side by side, of the BM25 weight of its commoner word.</summary>
    private const string PairWeight = "0.3::float8";

    /// <summary>How many passages are the very best, each the less the lower its score is.</summary>
    private const int Best = 3;

    /// <summary>What one standard deviation of likeness counts, of the best score.</summary>
    private const string LikenessWeight = "0.1::float8";

    /// <summary>Adds <c>lexical (id, score)</c>, made of the passages of <paramref name="candidates"/>, a part of <see cref="LexicalSide"/>.</summary>
    public static void AddTo(SearchStatement statement, string candidates)
    {
        statement.Add(
            "placed",
            """
            select t.term, t.language, t.query, w.idf, row_number() over (partition by t.language order by p) as place
            from terms t join weights w using (term), unnest(t.positions) p
            """);
        statement.Add(
            "pairs",
            $"""
            select distinct a.language, (a.query && b.query) as query, least(a.idf, b.idf) as idf
            from placed a join placed b on b.language = a.language and b.place = a.place + 1 and b.term <> a.term
            order by idf desc limit {MostPairs}
            """,
            isKept: true);

        // ts_rank of two words is near 1 where they are neighbours and near 0 from 15 words on.
        statement.Add(
            "near_words",
            $$"""
            select b.id, b.score + {{PairWeight}} * coalesce(sum(p.idf * ts_rank('{1,1,1,1}', c.lexemes, p.query)), 0) as score
            from {{candidates}} b join chunks c on c.id = b.id left join pairs p on p.language = c.language
            group by b.id, b.score
            """,
            isKept: true);
        statement.Add(
            "best",
            $"""
            select n.id, power(n.score / max(n.score) over (), 10) as weight, e.embedding
            from near_words n join embeddings e using (id) order by n.score desc, n.id limit {Best}
            """,
            isKept: true);
        statement.Add(
            "alike",
            """
            select n.id, n.score, sum(b.weight * -(e.embedding <#> b.embedding)) as likeness
            from near_words n join embeddings e using (id) cross join best b group by n.id, n.score
            """);
        statement.Add(
            "lexical",
            $"""
            select id, score + {LikenessWeight} * max(score) over ()
                * coalesce((likeness - avg(likeness) over ()) / nullif(stddev_pop(likeness) over (), 0), 0) as score
            from alike
            """);
    }
}
