using System.Text.Json;
using System.Text.Json.Serialization;
using Freehold.Postgres;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;

namespace Freehold.Provisioning.Evaluations;

/// <summary>How far an evaluation has come, in searches.</summary>
public sealed record EvaluationProgress(int Done, int Total);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(EvaluationProgress))]
internal sealed partial class EvaluationProgressJson : JsonSerializerContext;

/// <summary>
/// Steps that ask a tenant's judged questions and keep what came of it. Goes on in turns from where it stopped, whoever was at it; begins
/// again when the tenant's model was changed meanwhile.
/// </summary>
public sealed class CarryOutEvaluation(
    TenantCatalog tenants, TenantDataSources dataSources, OperationLeases leases, EvaluationStore store, EvaluateSearch evaluate, TimeProvider time)
{
    // What a host that is killed has asked in vain, at most.
    private const int SearchesAtOnce = 25;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ShortPause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <returns>Whether it is done; false when it goes on later, or was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "prepare";
        TenantPlacement tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        if (tenant.State != TenantState.Active)
        {
            await leases.AwaitAsync(operation, progress.Step, "The tenant is not active. Resume it.", Pause, cancellationToken);
            return false;
        }

        if (dataSources.IsBehind(tenant))
        {
            await leases.AwaitAsync(operation, progress.Step, "The tenant's database is being upgraded.", ShortPause, cancellationToken);
            return false;
        }

        if (await store.FindAsync(tenant, operation.Id, cancellationToken) is not { } evaluation)
        {
            return await leases.FinishAsync(operation, "deleted", cancellationToken);
        }

        if (evaluation.Report is null)
        {
            if (evaluation.Corpus is null)
            {
                evaluation = await evaluate.BeginAsync(tenant, evaluation, cancellationToken);
            }

            if (!await AskAsync(operation, progress, tenant, evaluation, cancellationToken))
            {
                await leases.ReleaseAsync(operation, cancellationToken);
                return false;
            }
        }

        return await leases.FinishAsync(operation, "reported", cancellationToken);
    }

    /// <returns>False when the turn is over before all is done.</returns>
    private async Task<bool> AskAsync(
        LeasedOperation operation, Progress progress, TenantPlacement tenant, KeptEvaluation evaluation, CancellationToken cancellationToken)
    {
        progress.Step = "search";
        long started = time.GetTimestamp();
        EvaluationTerms terms = new(evaluation.Request);
        int done = (await store.OutcomesAsync(tenant, operation.Id, cancellationToken)).Count;
        while (done < terms.Searches)
        {
            List<SearchOutcome> outcomes = [];
            while (outcomes.Count < SearchesAtOnce && done + outcomes.Count < terms.Searches)
            {
                outcomes.Add(await evaluate.AskAsync(tenant, terms, done + outcomes.Count, cancellationToken));
            }

            if (!await store.AddOutcomesAsync(tenant, operation.Id, done, outcomes, cancellationToken))
            {
                throw new LeaseLostException();
            }

            done += outcomes.Count;
            await NoteAsync(operation, progress, new EvaluationProgress(done, terms.Searches), cancellationToken);
            if (done < terms.Searches && time.GetElapsedTime(started) > Turn)
            {
                progress.GoesOn = true;
                return false;
            }
        }

        progress.Step = "report";
        if (await evaluate.ReportAsync(tenant, evaluation, cancellationToken) is { } report)
        {
            await store.FinishAsync(tenant, operation.Id, report, time.GetUtcNow(), cancellationToken);
            return true;
        }

        await evaluate.BeginAsync(tenant, evaluation, cancellationToken);
        progress.GoesOn = true;
        return false;
    }

    private async Task NoteAsync(LeasedOperation operation, Progress progress, EvaluationProgress come, CancellationToken cancellationToken)
    {
        string details = JsonSerializer.Serialize(come, EvaluationProgressJson.Default.EvaluationProgress);
        if (!await leases.NoteProgressAsync(operation, progress.Step, details, cancellationToken))
        {
            throw new LeaseLostException();
        }
    }
}
