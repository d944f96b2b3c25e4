using System.Text.Json;
using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>What is searched for.</summary>
/// <param name="Query">Words, or a question.</param>
/// <param name="Limit">How many passages at most; 10 by default.</param>
/// <param name="Mode"><c>hybrid</c> (default), <c>lexical</c> or <c>dense</c>.</param>
/// <param name="Filter">
/// A JSON object: only documents whose metadata has all its members are searched. A member is had when the document's value is equal,
/// or an array that holds it; of an array in the filter, any of its values will do.
/// </param>
/// <param name="Language">
/// In which language the words are read, and so which documents' words they are compared with: a name of PostgreSQL's, such as
/// <c>german</c>, or a code such as <c>de</c>. By default, each of those that the tenant's documents are in.
/// </param>
public sealed record SearchRequest(string? Query, int? Limit = null, string? Mode = null, JsonElement? Filter = null, string? Language = null);

/// <summary>A passage that answers, with what a citation needs. <c>Start</c> and <c>End</c> count UTF-16 code units of the document's text.</summary>
public sealed record Passage(
    string Document, string? Title, string Heading, int? Page, int Start, int End, string Text, double Score, JsonElement Metadata);

/// <summary>
/// Searches a tenant's passages. One round trip to its database, which says with its answer whose vectors it holds: when that has
/// changed since the tenant was looked up, the search is made again with the right model.
/// </summary>
public sealed class SearchChunks(
    TenantDataSources dataSources,
    EmbeddingModels models,
    Meter meter,
    RecallMeter recall,
    IOptions<RetrievalOptions> options,
    IOptions<ApproximationOptions> approximation)
{
    private const int DefaultLimit = 10;

    // The model may change under a search once, as good as never twice.
    private const int MostRepeats = 3;

    private sealed record Search(QueryWords Words, int Limit, SearchMode Mode, SearchFilter? Filter, string? Language);

    /// <summary>Finds the best passages, best first.</summary>
    public async Task<IReadOnlyList<Passage>> RunAsync(TenantPlacement tenant, SearchRequest request, CancellationToken cancellationToken)
    {
        (string query, int limit, SearchMode mode) = Check(request);

        // Vectors know no words: a dense search takes the query as it stands.
        QueryWords words = mode == SearchMode.Dense ? new QueryWords(query, [], []) : QueryWords.Parse(query);
        Search search = new(words, limit, mode, SearchFilter.Parse(request.Filter), LanguageOf(request));
        (string held, IReadOnlyList<Passage> passages) = await SearchAsync(tenant, search, cancellationToken);
        for (int again = 0; again < MostRepeats && mode != SearchMode.Lexical && held != tenant.EmbeddingModel; again++)
        {
            // The database is asked, not the catalog, which may be a moment behind it.
            tenant = tenant with { EmbeddingModel = held };
            (held, passages) = await SearchAsync(tenant, search, cancellationToken);
        }

        meter.Count(tenant.Uid, Metric.Queries);
        return passages;
    }

    private async Task<(string Held, IReadOnlyList<Passage> Passages)> SearchAsync(
        TenantPlacement tenant, Search search, CancellationToken cancellationToken)
    {
        QueryVector? vector = search.Mode == SearchMode.Lexical ? null : await EmbedAsync(tenant, search.Words.Text, cancellationToken);
        int candidates = Math.Max(search.Limit, options.Value.Candidates);
        await using NpgsqlCommand command = SearchSql.Write(new PassageQuery(
            search.Mode, search.Words, vector, search.Limit, candidates, search.Filter, search.Language, approximation.Value.ApproximateAbove));
        TenantConnection connection = await dataSources.OpenAsync(tenant, cancellationToken);
        bool isTaken = false;
        try
        {
            command.Connection = connection.Connection;
            (string Held, IReadOnlyList<Passage> Passages) answer = await ReadAsync(command, cancellationToken);
            isTaken = vector is not null && recall.TryTake(tenant, vector, candidates, connection);
            return answer;
        }
        finally
        {
            if (!isTaken)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private async Task<QueryVector> EmbedAsync(TenantPlacement tenant, string query, CancellationToken cancellationToken)
    {
        EmbeddingClient embedder = models.Find(tenant.EmbeddingModel) ?? throw new ModelMissingException(tenant.EmbeddingModel);
        try
        {
            EmbeddedTexts embedded = await embedder.EmbedAsync(tenant.Uid, [query], EmbeddingUse.Query, cancellationToken);
            return new QueryVector(embedded.Vectors[0].ToArray(), embedder.Model.Id, embedder.Model.DenseWeight);
        }
        catch (EmbeddingException exception)
        {
            throw new ModelUnavailableException(exception);
        }
    }

    private (string Query, int Limit, SearchMode Mode) Check(SearchRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Query))
        {
            throw new InvalidInputException("empty-query", "A search needs a query.");
        }

        if (request.Query.Length > options.Value.MaxQueryLength)
        {
            throw new InvalidInputException("query-too-long", $"A query has at most {options.Value.MaxQueryLength} characters.");
        }

        int limit = request.Limit ?? DefaultLimit;
        if (limit < 1 || limit > options.Value.MaxLimit)
        {
            throw new InvalidInputException("invalid-limit", $"The limit is 1 to {options.Value.MaxLimit}.");
        }

        SearchMode mode = (request.Mode ?? "hybrid") switch
        {
            "hybrid" => SearchMode.Hybrid,
            "lexical" => SearchMode.Lexical,
            "dense" => SearchMode.Dense,
            _ => throw new InvalidInputException("unknown-mode", "Modes are hybrid, lexical and dense."),
        };

        // PostgreSQL's text holds no U+0000, and no word does either.
        return (request.Query.Replace('\0', ' '), limit, mode);
    }

    private static string? LanguageOf(SearchRequest request) => request.Language is null ? null : TextLanguage.Find(request.Language)
        ?? throw new InvalidInputException(
            "unknown-language", "Languages are PostgreSQL's, by name or code, such as 'german' or 'de', and 'simple' for words as they are.");

    private static async Task<(string Held, IReadOnlyList<Passage> Passages)> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        string held = string.Empty;
        List<Passage> passages = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            held = reader.GetString(0);
            if (reader.IsDBNull(1))
            {
                break;
            }

            passages.Add(new Passage(
                reader.GetString(1),
                reader.Optional<string>(2),
                reader.GetString(3),
                reader.Optional<int?>(4),
                reader.GetInt32(5),
                reader.GetInt32(6),
                reader.GetString(7),
                reader.GetDouble(8),
                JsonElement.Parse(reader.GetString(9))));
        }

        return (held, passages);
    }
}
