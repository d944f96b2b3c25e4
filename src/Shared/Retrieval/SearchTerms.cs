using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>A search that was checked.</summary>
/// <param name="Query">Words.</param>
/// <param name="Mode">Which sides take part.</param>
/// <param name="Limit">Most passages of a page.</param>
/// <param name="Offset">Passages on the pages before.</param>
/// <param name="Candidates">Passages that each side puts forward: as many on every page, since they decide the order.</param>
/// <param name="Filter">Which documents are searched; null for all.</param>
/// <param name="MaxPerDocument">Most passages of one document; null for any number.</param>
/// <param name="Diversity">How much a passage loses by being like a better one.</param>
/// <param name="Expand">Neighbours on either side.</param>
internal sealed record SearchTerms(
    string Query,
    SearchMode Mode,
    int Limit,
    int Offset,
    int Candidates,
    SearchFilter? Filter,
    int? MaxPerDocument,
    double Diversity,
    int Expand)
{
    private const int DefaultLimit = 10;
    private const int MostNeighbours = 3;

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
        return new SearchTerms(
            request.Query.Replace('\0', ' '),
            mode,
            limit,
            request.After is { } after ? SearchCursor.Read(after, request) : 0,
            Math.Max(limit, options.Candidates),
            SearchFilter.Parse(request.Filter),
            request.MaxPerDocument,
            request.Diversity ?? 0,
            request.Expand ?? 0);
    }
}
