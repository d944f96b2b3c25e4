using Freehold.Postgres;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>Which sides of the search take part.</summary>
internal enum SearchMode
{
    Hybrid,
    Lexical,
    Dense,
}

/// <summary>What a tenant's database is asked.</summary>
/// <param name="Mode">Which sides take part.</param>
/// <param name="Words">What is said; for a lexical side.</param>
/// <param name="Vector">The same as a vector; for a dense side.</param>
/// <param name="Page">Which passages.</param>
/// <param name="Candidates">Passages that each side puts forward.</param>
/// <param name="Filter">Which documents are searched; null for all.</param>
/// <param name="Language">In which language the words are read; null for those that the tenant's documents have.</param>
/// <param name="Corrections">Words of it that are looked up as others; null for none. With it, nothing is said of unknown words.</param>
/// <param name="WithVectors">Whether the passages' vectors are asked for, too.</param>
/// <param name="ExactUpTo">Passages that a filter may leave for all of them to be looked at, in place of an index.</param>
internal sealed record PassageQuery(
    SearchMode Mode,
    QueryWords Words,
    QueryVector? Vector,
    PageOfPassages Page,
    int Candidates,
    SearchFilter? Filter = null,
    string? Language = null,
    WordCorrections? Corrections = null,
    bool WithVectors = false,
    int ExactUpTo = ApproximationOptions.DefaultApproximateAbove);

/// <summary>
/// The search, one statement. The answer's first column is the model whose vectors the database holds, the second the words of the query
/// that no passage has. An answer without a passage is one row of nulls beside them. Without a filter it looks at no metadata but that of its answer, and costs nothing for it.
/// </summary>
internal static class SearchSql
{
    /// <summary>Writes the statement; dispose the command.</summary>
    public static NpgsqlCommand Write(PassageQuery query)
    {
        SearchStatement statement = new();
        query.Filter?.AddTo(statement);
        int? exactUpTo = query.Filter is null ? null : query.ExactUpTo;
        switch (query.Mode)
        {
            case SearchMode.Lexical:
                LexicalSide.AddTo(statement, "lexical", query);
                Fusion.AddBest(statement, "lexical", query.Page);
                break;
            case SearchMode.Dense:
                DenseSide.AddTo(statement, query.Vector!, query.Candidates, exactUpTo);
                Fusion.AddBest(statement, "dense", query.Page);
                break;
            default:
                LexicalSide.AddTo(statement, "bm25", query);
                LexicalOrder.AddTo(statement, "bm25");
                DenseSide.AddTo(statement, query.Vector!, query.Candidates, exactUpTo);
                if (query.Words.IsBound)
                {
                    LexicalSide.AddBoundTo(statement);
                }

                Fusion.AddTo(statement, query.Words.IsBound ? "nearby" : "dense", query.Vector!, query.Page);
                break;
        }

        string unknown = query.Mode == SearchMode.Dense || query.Corrections is not null ? "null::text[]" : LexicalSide.Unknown;
        return statement.Finish(Answer(unknown, query.WithVectors));
    }

    private static string Answer(string unknown, bool withVectors) =>
        $"""
        select s.embedding_model, {unknown}, p.id, p.path, p.title, p.heading, p.page, p.start_at, p.end_at, p.content, p.score, p.metadata{(withVectors ? ", p.embedding" : string.Empty)}
        from settings s left join (
            select f.id, d.path, d.title, c.heading, c.page, c.start_at, c.end_at, c.content, f.score, d.metadata{(withVectors ? ", e.embedding::real[]" : string.Empty)}
            from found f join chunks c on c.id = f.id join documents d on d.version = c.id >> 20{(withVectors ? " join embeddings e on e.id = f.id" : string.Empty)}) p on true
        order by p.score desc, p.id
        """;
}
