using Freehold.Ai;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>A search that was checked.</summary>
/// <param name="Words">What is said.</param>
/// <param name="Mode">Which sides take part.</param>
/// <param name="Limit">Most passages of a page.</param>
/// <param name="Offset">Passages on the pages before.</param>
/// <param name="Candidates">Passages that each side puts forward: as many on every page, since they decide the order.</param>
/// <param name="Language">In which language the words are read; null for those that the tenant's documents have.</param>
/// <param name="Filter">Which documents are searched; null for all.</param>
/// <param name="MaxPerDocument">Most passages of one document; null for any number.</param>
/// <param name="Diversity">How much a passage loses by being like a better one.</param>
/// <param name="Expand">Neighbours on either side.</param>
/// <param name="Rerank">Whether a model may put passages in order.</param>
/// <param name="FollowsPlainPage">Whether no model did on the page before.</param>
internal sealed record SearchTerms(
    QueryWords Words,
    SearchMode Mode,
    int Limit,
    int Offset,
    int Candidates,
    string? Language,
    SearchFilter? Filter,
    int? MaxPerDocument,
    double Diversity,
    int Expand,
    bool Rerank,
    bool FollowsPlainPage)
{
    private const int DefaultLimit = 10;
    private const int MostNeighbours = 3;

    /// <summary>Weight of the dense side in a fusion; null for that of the tenant's model.</summary>
    public double? DenseWeight { get; init; }

    /// <summary>Words that are looked up as others; null before any are known.</summary>
    public WordCorrections? Corrections { get; init; }

    /// <summary>Takes what a caller asks for.</summary>
    /// <exception cref="InvalidInputException">It cannot be meant.</exception>
    public static SearchTerms Check(SearchRequest request, RetrievalOptions options)
    {
        if (string.IsNullOrWhiteSpace(request.Query))
        {
            throw new InvalidInputException("empty-query", "A search needs a query.");
        }

        if (request.Query.Length > options.MaxQueryLength)
        {
            throw new InvalidInputException("query-too-long", $"A query has at most {options.MaxQueryLength} characters.");
        }

        int limit = request.Limit ?? DefaultLimit;
        if (limit < 1 || limit > options.MaxLimit)
        {
            throw new InvalidInputException("invalid-limit", $"The limit is 1 to {options.MaxLimit}.");
        }

        SearchMode mode = (request.Mode ?? "hybrid") switch
        {
            "hybrid" => SearchMode.Hybrid,
            "lexical" => SearchMode.Lexical,
            "dense" => SearchMode.Dense,
            _ => throw new InvalidInputException("unknown-mode", "Modes are hybrid, lexical and dense."),
        };

        if (request is { MaxPerDocument: < 1 } or { Diversity: not (null or (>= 0 and <= 1)) } or { Expand: < 0 or > MostNeighbours })
        {
            throw new InvalidInputException(
                "invalid-selection", $"'maxPerDocument' is at least 1, 'diversity' 0 to 1, and 'expand' 0 to {MostNeighbours}.");
        }

        // PostgreSQL's text holds no U+0000, and no word does either.
        (int offset, bool isReranked) = request.After is { } after ? SearchCursor.Read(after, request) : (0, true);
        string query = request.Query.Replace('\0', ' ');
        return new SearchTerms(
            // Vectors know no words: a dense search takes the query as it stands.
            mode == SearchMode.Dense ? new QueryWords(query, [], []) : QueryWords.Parse(query),
            mode,
            limit,
            offset,
            Math.Max(limit, options.Candidates),
            LanguageOf(request.Language),
            SearchFilter.Parse(request.Filter),
            request.MaxPerDocument,
            request.Diversity ?? 0,
            request.Expand ?? 0,
            request.Rerank ?? true,
            !isReranked);
    }

    /// <summary>The language of a name or code; null for null.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static string? LanguageOf(string? name) => name is null ? null : TextLanguage.Find(name)
        ?? throw new InvalidInputException(
            "unknown-language", "Languages are PostgreSQL's, by name or code, such as 'german' or 'de', and 'simple' for words as they are.");
}
