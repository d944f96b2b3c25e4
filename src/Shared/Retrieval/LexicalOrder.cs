namespace Freehold.Retrieval;

/// <summary>
/// Puts BM25's best passages into a better order, by two things that BM25 does not look at: whether words that stand side by side in
/// the query are near to one another in the passage, and how alike the passage is to the very best ones. The figures are in
/// docs/decisions/0004-fusion.md.
/// </summary>
internal static class LexicalOrder
{
    /// <summary>How many of the best are put into another order; those that follow stay as they are.</summary>
    private const int MostReordered = 30;

    /// <summary>Most pairs of neighbouring words that are looked for.</summary>
    private const int MostPairs = 20;

    /// <summary>What a pair counts, side by side, of the BM25 weight of its commoner word.</summary>
    private const string PairWeight = "0.3::float8";

    /// <summary>How many passages are the very best, each the less the lower its score is.</summary>
    private const int Best = 3;

    /// <summary>What one standard deviation of likeness counts, of the best score.</summary>
    private const string LikenessWeight = "0.1::float8";

    /// <summary>Adds <c>lexical (id, place)</c>, places from 1, made of <paramref name="candidates"/>, a part of <see cref="LexicalSide"/>.</summary>
    public static void AddTo(SearchStatement statement, string candidates)
    {
        statement.Add("ordered", $"select id, score, row_number() over (order by score desc, id) as place from {candidates}", isKept: true);
        AddPairs(statement);

        // ts_rank of two words is near 1 where they are neighbours and near 0 from 15 words on.
        statement.Add(
            "near_words",
            $$"""
            select b.id, e.embedding, b.score + {{PairWeight}} * coalesce((
                select sum(p.idf * ts_rank('{1,1,1,1}', c.lexemes, p.query)) from pairs p where p.language = c.language), 0) as score
            from ordered b join chunks c using (id) join embeddings e using (id) where b.place <= {{MostReordered}}
            """,
            isKept: true);
        statement.Add(
            "best",
            $"""
            select power(score / max(score) over (), 10) as weight, embedding
            from (select score, embedding from near_words order by score desc, id limit {Best}) b
            """,
            isKept: true);

        // Kept, since what is made of it would have it computed anew each time that it names the likeness.
        statement.Add(
            "alike",
            "select n.id, n.score, (select sum(b.weight * -(n.embedding <#> b.embedding)) from best b) as likeness from near_words n",
            isKept: true);
        statement.Add(
            "lexical",
            $"""
            select id, row_number() over (order by score + {LikenessWeight} * most * coalesce((likeness - mean) / nullif(deviation, 0), 0) desc, id) as place
            from (
                select id, score, likeness, max(score) over () as most, avg(likeness) over () as mean, stddev_pop(likeness) over () as deviation
                from alike) a
            union all
            select id, place from ordered where place > {MostReordered}
            """);
    }

    private static void AddPairs(SearchStatement statement)
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
    }
}
