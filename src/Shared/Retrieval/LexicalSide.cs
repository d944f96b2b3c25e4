namespace Freehold.Retrieval;

/// <summary>
/// BM25 with k1 = 1.2 and b = 0.75 over the tenant's own statistics. PostgreSQL's index finds the passages of each term, but
/// offers no function for how often a term stands in one. <c>ts_rank</c> of a single term with all weights 1 is
/// (1 + 1/4 + 1/9 + ... + 1/tf²) · 6/π², however, which grows with tf alone; the rest of that series after tf terms is close to
/// 1/(tf + 1/2), so tf = round(6/π² / (1 - rank) - 1/2), exact up to the 256 positions that a tsvector keeps of a term. Constants are
/// multiplied out of what is computed for each passage of each term.
/// </summary>
internal static class LexicalSide
{
    /// <summary>An expression of <c>text[]</c>: words that none of the tenant's passages has, as the index would have them; null for none.</summary>
    public const string Unknown = "(select array_agg(distinct lexeme) from terms where word not in (select word from weights))";

    /// <summary>Most terms that are looked up. Of more, the longest are taken: they are the rarest, as a rule, and no index has to be asked for that.</summary>
    private const int MostTerms = 60;

    /// <summary>
    /// Adds the best passages for a query's words as a part <c>(id, score)</c> of that name, those of <c>filtered</c> alone where there is
    /// a filter. Besides, <c>terms</c> and <c>weights</c> are there for <see cref="LexicalOrder"/>.
    /// </summary>
    public static void AddTo(SearchStatement statement, string name, PassageQuery query)
    {
        AddTerms(statement, query);
        statement.Add(
            "corpus",
            // k1 · (1 - b + b · length / average) = 0.3 + per_word · length.
            "select sum(chunks)::float8 as chunks, 0.9::float8 * sum(chunks)::float8 / nullif(sum(length), 0)::float8 as per_word from corpus_statistics");
        statement.Add(
            "hits",
            """
            select t.term, t.word, t.times, c.id, c.length::float8 as length,
                round(0.6079271018540267::float8 / (1::float8 - ts_rank('{1,1,1,1}', c.lexemes, t.query)) - 0.5::float8) as tf
            from terms t join chunks c on c.lexemes @@ t.query and c.language = t.language
            """,
            isKept: true);
        statement.Add(
            "weights",
            """
            select term, word, idf, 2.2::float8 * times * idf as most
            from (
                select term, word, times, ln(1::float8 + (corpus.chunks - found + 0.5::float8) / (found + 0.5::float8)) as idf
                from (select term, word, times, sum(count(*)) over (partition by word) as found from hits group by term, times, word) t, corpus) i
            """);
        if (query.Words.IsBound)
        {
            statement.Add("allowed", $"select c.id from (select distinct id from hits) h join chunks c using (id) where {Allows("c")}", isKept: true);
        }

        // The statistics of the words stay those of all passages, so that a filter changes which passages compete, and no passage's score.
        string[] conditions =
        [
            .. query.Filter is null ? (string[])[] : [SearchFilter.Holds("h.id")],
            .. query.Words.IsBound ? (string[])["h.id in (select id from allowed)"] : [],
        ];
        statement.Add(
            name,
            $"""
            select h.id, sum(w.most * h.tf / (h.tf + 0.3::float8 + corpus.per_word * h.length)) as score
            from hits h join weights w using (term), corpus{(conditions.Length == 0 ? string.Empty : " where " + string.Join(" and ", conditions))}
            group by h.id order by score desc, h.id limit {statement.Parameter(query.Candidates)}
            """,
            isKept: true);
    }

    /// <summary>
    /// Adds <c>nearby (id, score)</c>: what is left of <c>dense</c> when all that must occur does, and nothing that must not. Whether it does
    /// is known in the languages that the query is read in.
    /// </summary>
    public static void AddBoundTo(SearchStatement statement) => statement.Add(
        "nearby",
        $"select d.id, d.score from dense d join chunks c using (id) where c.language in (select language from spoken) and {Allows("c")}");

    private static void AddTerms(SearchStatement statement, PassageQuery query)
    {
        string language = statement.Parameter(query.Language);
        statement.Add("spoken", $"select language from languages where {language}::text is null or language = {language}::text::regconfig", isKept: true);
        string words = $"unnest(to_tsvector(s.language, {statement.Parameter(query.Words.Text)})) t";
        statement.Add("readings", query.Corrections is not { } corrections
            ? $"select s.language, t.lexeme, t.positions from spoken s, {words}"
            : $"""
               select s.language, coalesce(c.meant, t.lexeme) as lexeme, t.positions
               from spoken s, {words} left join unnest({statement.Parameter(corrections.Wrong)}, {statement.Parameter(corrections.Right)}) c (written, meant)
                   on c.written = t.lexeme
               """);

        // What is a stop word in one of the languages would be a rare, weighty word in another, whose texts quote it now and then.
        statement.Add(
            "words",
            "select place from readings, unnest(positions) place group by place having count(*) = (select count(*) from spoken)");
        statement.Add(
            "terms",
            $"""
            select row_number() over ()::int as term, language, lexeme, quote_literal(lexeme)::tsquery as query, positions, positions[1] as word,
                cardinality(positions) as times
            from readings where positions[1] in (select place from words)
            order by length(lexeme) desc, lexeme, language limit {MostTerms}
            """);
        if (query.Words.IsBound)
        {
            statement.Add(
                "bounds",
                $"""
                select s.language, phraseto_tsquery(s.language, p.phrase) as query, p.is_wanted
                from spoken s, unnest({statement.Parameter(query.Words.Phrases)}, {statement.Parameter(query.Words.AreWanted)}) as p (phrase, is_wanted)
                """,
                isKept: true);
        }
    }

    // A phrase of stop words alone, which stand in no index, binds nothing.
    private static string Allows(string chunk) =>
        $"not exists (select from bounds b where b.language = {chunk}.language and numnode(b.query) > 0 and ({chunk}.lexemes @@ b.query) <> b.is_wanted)";
}
