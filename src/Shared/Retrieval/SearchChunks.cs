using System.Diagnostics;
using Freehold.Postgres;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>
/// Searches a tenant's passages. One round trip to its database, and a second one where neighbours are asked for. The database says with
/// its answer whose vectors it holds: when that has changed since the tenant was looked up, the search is made again with the right model.
/// </summary>
public sealed class SearchChunks(
    TenantDataSources dataSources,
    QueryVectors vectors,
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
        (string held, List<FoundPassage> found) = await SearchAsync(tenant, terms, watches, cancellationToken);
        for (int again = 0; again < MostRepeats && terms.Mode != SearchMode.Lexical && held != tenant.EmbeddingModel; again++)
        {
            // The database is asked, not the catalog, which may be a moment behind it.
            tenant = tenant with { EmbeddingModel = held };
            (held, found) = await SearchAsync(tenant, terms, watches, cancellationToken);
        }

        if (terms.Diversity > 0)
        {
            List<FoundPassage> ordered = Diversity.Order(found, terms.Diversity, terms.Offset + terms.Limit);
            found = ordered[Math.Min(terms.Offset, ordered.Count)..];
        }

        string? cursor = found.Count < terms.Limit ? null : SearchCursor.Write(terms.Offset + found.Count, request);
        IReadOnlyList<Passage> passages = terms.Expand > 0 && found.Count > 0
            ? await JoinAsync(tenant, found, terms.Expand, watches, cancellationToken)
            : [.. found.Select(passage => passage.Passage)];
        meter.Count(tenant.Uid, Metric.Queries);
        return new FoundPassages(passages, cursor, new SearchTimes(watches.Embedding, watches.Database));
    }

    private async Task<(string Held, List<FoundPassage> Passages)> SearchAsync(
        TenantPlacement tenant, SearchTerms terms, Stopwatches watches, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        QueryVector? vector = terms.Mode == SearchMode.Lexical ? null : await vectors.FindAsync(tenant, terms.Words.Text, cancellationToken);
        if (vector is not null && terms.DenseWeight is { } weight)
        {
            vector = vector with { Weight = weight };
        }

        long embedded = Stopwatch.GetTimestamp();

        // What is to differ is picked here, from all that is put forward.
        PageOfPassages page = terms.Diversity > 0
            ? new(terms.Candidates, 0, terms.MaxPerDocument)
            : new(terms.Limit, terms.Offset, terms.MaxPerDocument);
        await using NpgsqlCommand command = SearchSql.Write(new PassageQuery(
            terms.Mode, terms.Words, vector, page, terms.Candidates, terms.Filter, terms.Language, WithVectors: terms.Diversity > 0, approximation.Value.ApproximateAbove));
        TenantConnection connection = await dataSources.OpenAsync(tenant, cancellationToken);
        bool isTaken = false;
        try
        {
            command.Connection = connection.Connection;
            (string Held, List<FoundPassage> Passages) answer = await FoundPassage.ReadAsync(command, cancellationToken);
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

    private async Task<IReadOnlyList<Passage>> JoinAsync(
        TenantPlacement tenant, List<FoundPassage> found, int neighbours, Stopwatches watches, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, cancellationToken);
        IReadOnlyList<Passage> joined = await Neighbours.JoinAsync(connection.Connection, found, neighbours, cancellationToken);
        watches.Database += Stopwatch.GetElapsedTime(started);
        return joined;
    }

    private sealed class Stopwatches
    {
        public TimeSpan Embedding { get; set; }

        public TimeSpan Database { get; set; }
    }
}
