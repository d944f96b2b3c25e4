using Freehold.Ai;
using Freehold.Ai.Reranking;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Logging;

namespace Freehold.Retrieval;

/// <summary>Whether the passages of a page are in the order of the reranking model.</summary>
/// <param name="Done">Whether they are.</param>
/// <param name="Failure">Why not: <c>away</c>, <c>busy</c>, <c>failed</c>, or <c>page-before</c>, which was not either.</param>
public sealed record Reranking(bool Done, string? Failure = null);

/// <summary>
/// Puts the best passages of a search in the order of a model, where the configuration names one. They are the same first ones for every
/// page: pages are cut from one order, which is that of the model and then, after its candidates, that of the search. What the model does not
/// do in time is left undone: no search fails for it.
/// </summary>
public sealed class RerankPassages(RerankClient client, Meter meter, ILogger<RerankPassages> logger)
{
    private const string PageBefore = "page-before";

    /// <summary>Passages from the first on that have to be there to find a page's order; 0 where it is that of the search.</summary>
    internal int CandidatesFor(SearchTerms terms) =>
        IsWanted(terms) && !terms.FollowsPlainPage && (terms.Diversity > 0 || terms.Offset < client.Candidates) ? client.Candidates : 0;

    /// <summary>What a page is that the model is not asked about; null where there is no such model, or it is not wanted.</summary>
    internal Reranking? NotAsked(SearchTerms terms) => !IsWanted(terms) ? null : terms.FollowsPlainPage ? new(Done: false, PageBefore) : new(Done: true);

    /// <summary>The passages in their new order; those after the candidates, or all if it could not be done, as they were.</summary>
    /// <param name="tenant">Whose they are.</param>
    /// <param name="terms">What is searched for.</param>
    /// <param name="found">All passages from the first on, best first.</param>
    /// <param name="cancellationToken">Ends it all, which no time-out of the model does.</param>
    internal async Task<(List<FoundPassage> Found, Reranking Outcome)> RunAsync(
        TenantPlacement tenant, SearchTerms terms, List<FoundPassage> found, CancellationToken cancellationToken)
    {
        FoundPassage[] candidates = [.. found.Take(client.Candidates)];
        if (candidates.Length == 0)
        {
            return (found, new(Done: true));
        }

        // As passages are embedded: their headings often name what their text does not repeat.
        string[] texts = [.. candidates.Select(candidate => EmbeddingText.Of(candidate.Passage.Heading, candidate.Passage.Text))];
        try
        {
            IReadOnlyList<double> scores = await client.ScoreAsync(tenant.Uid, terms.Words.Text, texts, cancellationToken);
            meter.Count(tenant.Uid, Metric.PassagesReranked, texts.Length);
            IEnumerable<FoundPassage> reordered = candidates
                .Select((candidate, i) => candidate with { Passage = candidate.Passage with { RerankScore = scores[i] } })
                .OrderByDescending(candidate => candidate.Passage.RerankScore);
            return ([.. reordered, .. found.Skip(candidates.Length)], new(Done: true));
        }
        catch (ModelException exception)
        {
            Log.NotReranked(logger, tenant.Uid, exception.Message);
            return (found, new(Done: false, NameOf(exception.Kind)));
        }
    }

    private static string NameOf(ModelFailure failure) => failure switch
    {
        ModelFailure.Throttled => "busy",
        ModelFailure.Transient => "away",
        _ => "failed",
    };

    private bool IsWanted(SearchTerms terms) => terms.Rerank && client.Candidates > 0;
}
