namespace Freehold.Retrieval;

/// <summary>
/// The search, one statement a mode. Parameters: $1 limit, $2 candidates; then the query's text where the mode is lexical or
/// hybrid, its vector (<c>real[]</c>) and its model where it is dense or hybrid, and the dense side's weight where it is hybrid; then, of
/// a filter, its parts (<c>jsonb[]</c>), the members that they belong to (<c>int[]</c>, from 0) and a number with a bit for each member.
/// The answer's first column is the model whose vectors the database holds. Where that is another, no vectors are compared: the
/// condition on <c>settings</c> is asked once, before the first row. An answer without a passage is one row of nulls beside it.
/// </summary>
internal static class SearchSql
{
    /// <summary>
    /// BM25 with k1 = 1.2 and b = 0.75 over the tenant's own statistics. PostgreSQL's index finds the passages of each term, but
    /// offers no function for how often a term stands in one. <c>ts_rank</c> of a single term with all weights 1 is
    /// (1 + 1/4 + 1/9 + ... + 1/tf²) · 6/π², however, which grows with tf alone; the rest of that series after tf terms is close to
    /// 1/(tf + 1/2), so tf = round(1/(π²/6 · (1 - rank)) - 1/2), exact up to the 256 positions that a tsvector keeps of a term.
    /// </summary>
    private const string LexicalSide =
        """
        terms as (
            select ordinality::int as term, quote_literal(lexeme)::tsquery as query
            from unnest(to_tsvector((select language from settings), $3)) with ordinality),
        corpus as (
            select sum(chunks)::float8 as chunks, sum(length)::float8 / nullif(sum(chunks), 0) as average from corpus_statistics),
        hits as materialized (
            select t.term, c.id, c.length::float8 as length,
                round(1::float8 / (1.6449340668482264::float8 * (1::float8 - ts_rank('{1,1,1,1}', c.lexemes, t.query))) - 0.5::float8) as tf
            from terms t join chunks c on c.lexemes @@ t.query),
        weights as (
            select term, ln(1::float8 + (corpus.chunks - count(*) + 0.5::float8) / (count(*) + 0.5::float8)) as idf
            from hits, corpus group by term, corpus.chunks),
        lexical as (
            select h.id, sum(w.idf * h.tf * 2.2::float8 / (h.tf + 1.2::float8 * (0.25::float8 + 0.75::float8 * h.length / corpus.average))) as score
            from hits h join weights w using (term), corpus{0}
            group by h.id order by score desc, h.id limit $2)
        """;

    // Vectors have length 1, so the inner product is the cosine. A query without words is the zero vector, which is near to nothing.
    // The query's vector is cast in a subquery of its own: in place, a plan for any parameters casts it again for every row.
    private const string DenseCandidates =
        """
        select id, -(embedding <#> (select {0}::halfvec)) as score from embeddings
        where (select embedding_model = {2} from settings){1} order by embedding <#> (select {0}::halfvec) limit $2
        """;

    private const string Passages =
        """
        select s.embedding_model, p.path, p.title, p.heading, p.page, p.start_at, p.end_at, p.content, p.score, p.metadata
        from settings s left join (
            select d.path, d.title, c.heading, c.page, c.start_at, c.end_at, c.content, f.score, d.metadata, f.id
            from found f join chunks c on c.id = f.id join documents d on d.version = c.id >> 20) p on true
        order by p.score desc, p.id
        """;

    // The statistics of the words stay those of all passages, so that a filter changes which passages compete, and no passage's score.
    private const string OnlyFiltered = " {1} {0} >> 20 in (select version from filtered)";

    private static readonly string[] Plain = [.. Enum.GetValues<SearchMode>().Select(mode => Write(mode, isFiltered: false))];
    private static readonly string[] WithFilter = [.. Enum.GetValues<SearchMode>().Select(mode => Write(mode, isFiltered: true))];

    /// <summary>The statement of a mode. Without a filter it looks at no metadata, and costs nothing for it.</summary>
    public static string For(SearchMode mode, bool isFiltered) => (isFiltered ? WithFilter : Plain)[(int)mode];

    private static string Write(SearchMode mode, bool isFiltered)
    {
        int first = mode switch { SearchMode.Hybrid => 7, SearchMode.Dense => 5, _ => 4 };
        string filtered = isFiltered ? Filtered(first) : string.Empty;
        string lexical = LexicalSide.Replace("{0}", Only(isFiltered, "where", "h.id"), StringComparison.Ordinal);
        string dense = DenseCandidates
            .Replace("{0}", mode == SearchMode.Dense ? "$3" : "$4", StringComparison.Ordinal)
            .Replace("{1}", Only(isFiltered, "and", "id"), StringComparison.Ordinal)
            .Replace("{2}", mode == SearchMode.Dense ? "$4" : "$5", StringComparison.Ordinal);
        return mode switch
        {
            SearchMode.Lexical =>
                $"""
                with {filtered}{lexical},
                found as (select id, score from lexical order by score desc, id limit $1)
                {Passages}
                """,
            SearchMode.Dense =>
                $"""
                with {filtered}dense as ({dense}),
                found as (select id, score::float8 from dense where score > 0 order by score desc, id limit $1)
                {Passages}
                """,

            // Weighted reciprocal rank fusion. Its constant is 10, not the customary 60: with 60 a weak dense side costs nDCG@10 at any
            // weight (docs/decisions/0004-fusion.md).
            _ =>
                $"""
                with {filtered}{lexical},
                dense as ({dense}),
                ranked as (
                    select id, 1::float8 / (10 + row_number() over (order by score desc, id)) as score from lexical
                    union all
                    select id, $6::float8 / (10 + row_number() over (order by score desc, id)) from dense where score > 0),
                found as (select id, sum(score) as score from ranked group by id order by score desc, id limit $1)
                {Passages}
                """,
        };
    }

    // A lookup in the index for each part: as conditions, their combinations would be looked up, which multiply.
    private static string Filtered(int first) =>
        $"""
        filtered as materialized (
            select d.version from unnest(${first}::jsonb[], ${first + 1}::int[]) as f (part, member) join documents d on d.metadata @> f.part
            group by d.version having bit_or(1 << f.member) = ${first + 2}),

        """;

    private static string Only(bool isFiltered, string joint, string id) => isFiltered
        ? OnlyFiltered.Replace("{0}", id, StringComparison.Ordinal).Replace("{1}", joint, StringComparison.Ordinal)
        : string.Empty;
}

/// <summary>Which sides of the search take part.</summary>
internal enum SearchMode
{
    Hybrid,
    Lexical,
    Dense,
}
