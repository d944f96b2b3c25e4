using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;

namespace Freehold.Provisioning.Evaluations;

/// <summary>An evaluation as its tenant sees it.</summary>
/// <param name="Id">Its id, which is that of its operation, too.</param>
/// <param name="Name">What its maker calls it.</param>
/// <param name="State">As an operation's: <c>queued</c>, <c>running</c>, <c>done</c> or <c>failed</c>.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="FinishedAt">When its report was made.</param>
/// <param name="Failure">Why it failed, or what it waits for.</param>
/// <param name="Progress">How far it has come; not in lists.</param>
/// <param name="Report">What came of it; null until it is done. In lists, without what is missing and without questions' differences.</param>
/// <param name="Questions">Question by question; null until it is done, and not in lists.</param>
public sealed record EvaluationStatus(
    Guid Id,
    string? Name,
    string State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    string? Failure,
    EvaluationProgress? Progress,
    EvaluationReport? Report,
    IReadOnlyList<QuestionResult>? Questions);

/// <summary>Tells how a tenant's evaluations stand.</summary>
public sealed class ReadEvaluations(EvaluationStore store, EvaluateSearch evaluate, OperationStore operations)
{
    /// <summary>One of them, with everything.</summary>
    /// <exception cref="EvaluationNotFoundException">The tenant has none of this id.</exception>
    public async Task<EvaluationStatus> FindAsync(TenantPlacement tenant, Guid id, CancellationToken cancellationToken)
    {
        KeptEvaluation evaluation = await store.FindAsync(tenant, id, cancellationToken) ?? throw new EvaluationNotFoundException();
        EvaluationResults results = await evaluate.ResultsAsync(tenant, evaluation, cancellationToken);
        (string state, string? failure) = await StateAsync(id, evaluation.Report, cancellationToken);
        return new EvaluationStatus(
            id,
            evaluation.Request.Name,
            state,
            evaluation.CreatedAt,
            evaluation.FinishedAt,
            failure,
            new EvaluationProgress(results.Made, results.Terms.Searches),
            evaluation.Report,
            evaluation.Report is null ? null : results.Questions());
    }

    /// <summary>Newest first, those before one.</summary>
    public async Task<IReadOnlyList<EvaluationStatus>> ListAsync(
        TenantPlacement tenant, Guid? before, int limit, CancellationToken cancellationToken)
    {
        List<EvaluationStatus> page = [];
        foreach (ListedEvaluation listed in await store.ListAsync(tenant, before, limit, cancellationToken))
        {
            (string state, string? failure) = await StateAsync(listed.Id, listed.Report, cancellationToken);
            page.Add(new EvaluationStatus(
                listed.Id, listed.Name, state, listed.CreatedAt, listed.FinishedAt, failure, Progress: null, listed.Report, Questions: null));
        }

        return page;
    }

    private async Task<(string State, string? Failure)> StateAsync(Guid id, EvaluationReport? report, CancellationToken cancellationToken)
    {
        if (report is not null)
        {
            return (OperationStates.Done, null);
        }

        // Between the report's making and this look at it the operation may have ended.
        return await operations.FindAsync(id, cancellationToken) is { } operation
            ? (operation.State == OperationStates.Done ? "running" : operation.State, operation.Failure)
            : (OperationStates.Failed, "It was not started, because its host stopped in that moment. Delete it, and ask again.");
    }
}
