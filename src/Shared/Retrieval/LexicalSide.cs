namespace Freehold.Retrieval;

/// <summary>
/// BM25 with k1 = 1.2 and b = 0.75 over the tenant's own statistics. PostgreSQL's index finds the passages of each term, but
/// offers no function for how often a term stands in one. <c>ts_rank</c> of a single term with all weights 1 is
/// (1 + 1/4 + 1/9 + ... + 1/tf²) · 6/π², however, which grows with tf alone; the rest of that series after tf terms is close to
/// 1/(tf + 1/2), so tf = round(1/(π²/6 · (1 - rank)) - 1/2), exact up to the 256 positions that a tsvector keeps of a term.
/// </summary>
internal static class LexicalSide
{
    /// <summary>Adds <c>lexical (id, score)</c>: the best passages for a query's words, those of <c>filtered</c> alone where there is a filter.</summary>
    public static void AddTo(SearchStatement statement, string query, int candidates, bool isFiltered)
    {
        statement.Add(
            "terms",
            $"""
            select ordinality::int as term, quote_literal(lexeme)::tsquery as query
            from unnest(to_tsvector((select language from settings), {statement.Parameter(query)})) with ordinality
            """);
        statement.Add(
            "corpus",
            "select sum(chunks)::float8 as chunks, sum(length)::float8 / nullif(sum(chunks), 0) as average from corpus_statistics");
        statement.Add(
            "hits",
            """
            select t.term, c.id, c.length::float8 as length,
                round(1::float8 / (1.6449340668482264::float8 * (1::float8 - ts_rank('{1,1,1,1}', c.lexemes, t.query))) - 0.5::float8) as tf
            from terms t join chunks c on c.lexemes @@ t.query
            """,
            isKept: true);
        statement.Add(
            "weights",
            """
            select term, ln(1::float8 + (corpus.chunks - count(*) + 0.5::float8) / (count(*) + 0.5::float8)) as idf
            from hits, corpus group by term, corpus.chunks
            """);

        // The statistics of the words stay those of all passages, so that a filter changes which passages compete, and no passage's score.
        statement.Add(
            "lexical",
            $"""
            select h.id, sum(w.idf * h.tf * 2.2::float8 / (h.tf + 1.2::float8 * (0.25::float8 + 0.75::float8 * h.length / corpus.average))) as score
            from hits h join weights w using (term), corpus{(isFiltered ? $" where {SearchFilter.Holds("h.id")}" : string.Empty)}
            group by h.id order by score desc, h.id limit {statement.Parameter(candidates)}
            """);
    }
}
