using System.Diagnostics;
using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Tenants;

namespace Freehold.Retrieval.Evaluation;

/// <summary>
/// Asks a tenant's judged questions as its users ask theirs, one at a time, and makes a report of what was found. How far an evaluation
/// has come is kept with it, so that whoever takes it up goes on from there.
/// </summary>
public sealed class EvaluateSearch(SearchChunks searchChunks, TenantDataSources dataSources, EvaluationStore store, EmbeddingModels models)
{
    /// <summary>Looks at what there is to be searched, and begins from the first question.</summary>
    internal async Task<KeptEvaluation> BeginAsync(TenantPlacement tenant, KeptEvaluation evaluation, CancellationToken cancellationToken)
    {
        await using (TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken))
        {
            evaluation = evaluation with
            {
                Corpus = await EvaluatedCorpus.ReadAsync(connection.Connection, cancellationToken),
                Missing = await EvaluatedCorpus.FindMissingAsync(connection.Connection, evaluation.Request.Questions!, cancellationToken),
            };
        }

        await store.BeginAsync(tenant, evaluation, cancellationToken);
        return evaluation;
    }

    /// <summary>Makes the search of a number.</summary>
    /// <exception cref="ModelUnavailableException">A model that it needs does not answer now.</exception>
    internal async Task<SearchOutcome> AskAsync(TenantPlacement tenant, EvaluationTerms terms, int number, CancellationToken cancellationToken)
    {
        JudgedQuestion question = terms.Questions[number / terms.Ways.Count];
        MeasuredWay way = terms.Ways[number % terms.Ways.Count];
        long started = Stopwatch.GetTimestamp();
        FoundPassages found = await searchChunks.RunAsync(tenant, terms.Search(question, way.Mode), way.DenseWeight, cancellationToken);
        if (found.Reranking is { Done: false })
        {
            // A user gets the search's own order then; figures of both orders would be figures of neither.
            throw new ModelUnavailableException();
        }

        TimeSpan took = Stopwatch.GetElapsedTime(started) - found.Times.Embedding;
        return new SearchOutcome(JudgedRanking.Of(question.Relevant!, found.Passages), (float)took.TotalMilliseconds);
    }

    /// <summary>What came of it, when all searches were made; null when the vectors have become another model's meanwhile.</summary>
    internal async Task<EvaluationReport?> ReportAsync(TenantPlacement tenant, KeptEvaluation evaluation, CancellationToken cancellationToken)
    {
        EvaluatedCorpus corpus = evaluation.Corpus!;
        EvaluatedCorpus present;
        await using (TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken))
        {
            present = await EvaluatedCorpus.ReadAsync(connection.Connection, cancellationToken);
        }

        if (present.Model != corpus.Model)
        {
            return null;
        }

        EvaluationRequest request = evaluation.Request;
        EvaluationResults results = await ResultsAsync(tenant, evaluation, cancellationToken);
        IReadOnlyList<RankingFigures> figures = results.Figures(models.Find(corpus.Model)?.Model.DenseWeight);
        return new EvaluationReport(
            new EvaluatedState(
                request.Target ?? "live",
                corpus.Model,
                tenant.SchemaVersion!.Value,
                corpus.Documents,
                corpus.Chunks,
                corpus.WordsPerChunk,
                ChangedMeanwhile: present != corpus,
                results.Terms.Limit,
                request.Try),
            results.Terms.Questions.Count,
            results.Scored,
            evaluation.Missing,
            figures,
            request.Try?.Weights is null
                ? null
                : figures.Where(ranking => ranking.Mode == EvaluationTerms.Hybrid).MaxBy(ranking => ranking.NdcgAt10.Mean)?.DenseWeight,
            request.Against is { } against
                ? CompareEvaluations.Of(against, await EarlierAsync(tenant, against, cancellationToken), results)
                : null);
    }

    /// <summary>What its searches gave so far.</summary>
    internal async Task<EvaluationResults> ResultsAsync(TenantPlacement tenant, KeptEvaluation evaluation, CancellationToken cancellationToken) => new(
        new EvaluationTerms(evaluation.Request), evaluation.Missing, await store.OutcomesAsync(tenant, evaluation.Id, cancellationToken));

    private async Task<EvaluationResults?> EarlierAsync(TenantPlacement tenant, Guid id, CancellationToken cancellationToken) =>
        await store.FindAsync(tenant, id, cancellationToken) is { Report: not null } earlier
            ? await ResultsAsync(tenant, earlier, cancellationToken)
            : null;
}
