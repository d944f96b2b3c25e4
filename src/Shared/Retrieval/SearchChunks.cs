using System.Diagnostics;
using Freehold.Postgres;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>
/// Searches a tenant's passages. One round trip to its database, one to the reranking model where there is one, another one to the
/// database where neighbours are asked for, and two more where a word is unknown to the tenant and another one like it is not. The database says with
/// its answer whose vectors it holds: when that has changed since the tenant was looked up, the search is made again with the right model.
/// </summary>
public sealed class SearchChunks(
    TenantDataSources dataSources,
    QueryVectors vectors,
    RerankPassages rerankPassages,
    Meter meter,
    RecallMeter recall,
    IOptions<RetrievalOptions> options,
    IOptions<ApproximationOptions> approximation)
{
    // The model may change under a search once, as good as never twice.
    private const int MostRepeats = 3;

    /// <summary>Finds the best passages, best first.</summary>
    public Task<FoundPassages> RunAsync(TenantPlacement tenant, SearchRequest request, CancellationToken cancellationToken) =>
        RunAsync(tenant, request, denseWeight: null, cancellationToken);

    /// <summary>The same with another weight of the dense side than that of the tenant's model.</summary>
    internal async Task<FoundPassages> RunAsync(
        TenantPlacement tenant, SearchRequest request, double? denseWeight, CancellationToken cancellationToken)
    {
        SearchTerms terms = SearchTerms.Check(request, options.Value) with { DenseWeight = denseWeight };
        Stopwatches watches = new();
        DatabaseAnswer answer = await SearchAsync(tenant, terms, watches, cancellationToken);
        for (int again = 0; again < MostRepeats && terms.Mode != SearchMode.Lexical && answer.Model != tenant.EmbeddingModel; again++)
        {
            // The database is asked, not the catalog, which may be a moment behind it.
            tenant = tenant with { EmbeddingModel = answer.Model };
            answer = await SearchAsync(tenant, terms, watches, cancellationToken);
        }

        if (MistypedWords.Among(answer.Unknown) is { Length: > 0 } words
            && await CorrectAsync(tenant, words, watches, cancellationToken) is { Wrong.Length: > 0 } corrections)
        {
            answer = await SearchAsync(tenant, terms with { Corrections = corrections }, watches, cancellationToken);
        }

        (List<FoundPassage> found, Reranking? reranking) = await OrderAsync(tenant, terms, answer.Passages, watches, cancellationToken);
        string? cursor = found.Count < terms.Limit ? null : SearchCursor.Write(terms.Offset + found.Count, reranking?.Done ?? false, request);
        IReadOnlyList<Passage> passages = terms.Expand > 0 && found.Count > 0
            ? await JoinAsync(tenant, found, terms.Expand, watches, cancellationToken)
            : [.. found.Select(passage => passage.Passage)];
        meter.Count(tenant.Uid, Metric.Queries);
        return new FoundPassages(passages, cursor, reranking, new SearchTimes(watches.Embedding, watches.Database, watches.Reranking));
    }

    private async Task<DatabaseAnswer> SearchAsync(
        TenantPlacement tenant, SearchTerms terms, Stopwatches watches, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        Task<TenantConnection>? entering = EnterEarly(tenant, terms, cancellationToken);
        QueryVector? vector = terms.Mode == SearchMode.Lexical ? null : await FindVectorAsync(tenant, terms, entering, cancellationToken);
        if (vector is not null && terms.DenseWeight is { } weight)
        {
            vector = vector with { Weight = weight };
        }

        long embedded = Stopwatch.GetTimestamp();

        await using NpgsqlCommand command = SearchSql.Write(new PassageQuery(
            terms.Mode,
            terms.Words,
            vector,
            PageOf(terms),
            terms.Candidates,
            terms.Filter,
            terms.Language,
            terms.Corrections,
            WithVectors: terms.Diversity > 0,
            approximation.Value.ApproximateAbove));
        TenantConnection connection = await (entering ?? dataSources.OpenAsync(tenant, WakeCause.Search, cancellationToken).AsTask());
        bool isTaken = false;
        try
        {
            command.Connection = connection.Connection;
            DatabaseAnswer answer = await FoundPassage.ReadAsync(command, cancellationToken);
            watches.Embedding += Stopwatch.GetElapsedTime(started, embedded);
            watches.Database += Stopwatch.GetElapsedTime(embedded);
            isTaken = vector is not null && recall.TryTake(tenant, vector, terms.Candidates, connection);
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

    /// <summary>
    /// A database that nobody here is connected to is entered while a model elsewhere makes the query's vector: a compute that sleeps wakes
    /// meanwhile. Where there are connections, none is held for so long.
    /// </summary>
    private Task<TenantConnection>? EnterEarly(TenantPlacement tenant, SearchTerms terms, CancellationToken cancellationToken) =>
        terms.Mode != SearchMode.Lexical && !dataSources.IsEntered(tenant.Uid) && vectors.HasToAsk(tenant, terms.Words.Text)
            ? dataSources.OpenAsync(tenant, WakeCause.Search, cancellationToken).AsTask()
            : null;

    private async ValueTask<QueryVector> FindVectorAsync(
        TenantPlacement tenant, SearchTerms terms, Task<TenantConnection>? entering, CancellationToken cancellationToken)
    {
        try
        {
            return await vectors.FindAsync(tenant, terms.Words.Text, cancellationToken);
        }
        catch when (entering is not null)
        {
            await GiveBackAsync(entering);
            throw;
        }
    }

    private static async Task GiveBackAsync(Task<TenantConnection> entering)
    {
        await ((Task)entering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (entering.IsCompletedSuccessfully)
        {
            await (await entering).DisposeAsync();
        }
    }

    private async Task<WordCorrections> CorrectAsync(TenantPlacement tenant, string[] words, Stopwatches watches, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Search, cancellationToken);
        WordCorrections corrections = await MistypedWords.FindAsync(connection.Connection, words, cancellationToken);
        watches.Database += Stopwatch.GetElapsedTime(started);
        return corrections;
    }

    // What is reranked, or is to differ, is put in order here: from the first passage on, and the page is cut from that.
    private PageOfPassages PageOf(SearchTerms terms)
    {
        int reranked = rerankPassages.CandidatesFor(terms);
        return terms.Diversity > 0 ? new(Math.Max(reranked, terms.Candidates), 0, terms.MaxPerDocument)
            : reranked > 0 ? new(Math.Max(reranked, terms.Offset + terms.Limit), 0, terms.MaxPerDocument)
            : new(terms.Limit, terms.Offset, terms.MaxPerDocument);
    }

    private async Task<(List<FoundPassage> Page, Reranking? Outcome)> OrderAsync(
        TenantPlacement tenant, SearchTerms terms, List<FoundPassage> found, Stopwatches watches, CancellationToken cancellationToken)
    {
        Reranking? outcome = rerankPassages.NotAsked(terms);
        if (rerankPassages.CandidatesFor(terms) > 0)
        {
            long started = Stopwatch.GetTimestamp();
            (found, outcome) = await rerankPassages.RunAsync(tenant, terms, found, cancellationToken);
            watches.Reranking = Stopwatch.GetElapsedTime(started);
        }

        if (terms.Diversity > 0)
        {
            found = Diversity.Order(found, terms.Diversity, terms.Offset + terms.Limit);
        }

        return ([.. found.Skip(terms.Offset - PageOf(terms).Offset).Take(terms.Limit)], outcome);
    }

    private async Task<IReadOnlyList<Passage>> JoinAsync(
        TenantPlacement tenant, List<FoundPassage> found, int neighbours, Stopwatches watches, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Search, cancellationToken);
        IReadOnlyList<Passage> joined = await Neighbours.JoinAsync(connection.Connection, found, neighbours, cancellationToken);
        watches.Database += Stopwatch.GetElapsedTime(started);
        return joined;
    }

    private sealed class Stopwatches
    {
        public TimeSpan Embedding { get; set; }

        public TimeSpan Database { get; set; }

        public TimeSpan? Reranking { get; set; }
    }
}
