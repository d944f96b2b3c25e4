using Freehold.Retrieval;
using Freehold.Retrieval.Evaluation;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Evaluations;

/// <summary>
/// Takes a tenant's judged questions: keeps them in its database, and writes the operation that asks them, which has the same id. Then,
/// when the caller waits, carries it out at once. One evaluation of a tenant at a time.
/// </summary>
public sealed class StartEvaluation(
    CatalogDatabase catalog,
    EvaluationStore store,
    RunOperation runOperation,
    IOptions<RetrievalOptions> retrieval,
    IOptions<ProvisioningOptions> options,
    TimeProvider time)
{
    /// <summary>Most bytes of a request in JSON.</summary>
    public const long MaxBytes = 1 << 20;

    /// <summary>Starts an evaluation.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="wait">How long to wait for it; zero not to wait.</param>
    /// <param name="cancellationToken">The caller went away; what is written is carried out.</param>
    /// <exception cref="InvalidInputException">It cannot be meant.</exception>
    /// <exception cref="ImpossibleRequestException">There is no such target here.</exception>
    /// <exception cref="EvaluationNotFoundException">There is nothing to compare with.</exception>
    /// <exception cref="ImpossibleNowException">Another one is under way, or that to be compared with is.</exception>
    public async Task<StartedOperation> RunAsync(
        TenantPlacement tenant, EvaluationRequest request, TimeSpan wait, CancellationToken cancellationToken)
    {
        CheckEvaluation.Check(request, retrieval.Value);
        if (request.Against is { } against)
        {
            await RequireFinishedAsync(tenant, against, cancellationToken);
        }

        DateTimeOffset now = time.GetUtcNow();
        LeasedOperation operation = new(
            Guid.CreateVersion7(now),
            OperationKinds.Evaluate,
            Guid.NewGuid(),
            Attempts: 1,
            new OperationTenant(
                tenant.Uid, tenant.Id, tenant.Plan, tenant.Provider, tenant.Database, tenant.Role, tenant.EncryptedPassword, Claimed: false));

        // First what is to be asked: an operation finds it, whoever carries it out. Without its operation it counts as failed.
        await store.AddAsync(tenant, operation.Id, now, request, cancellationToken);
        if (!await WriteIntentAsync(operation, now, leased: wait > TimeSpan.Zero, cancellationToken))
        {
            await store.DeleteAsync(tenant, operation.Id, CancellationToken.None);
            throw new ImpossibleNowException(
                "evaluation-running", "An evaluation of this tenant is under way. Wait until it is done, or delete it.");
        }

        bool done = wait > TimeSpan.Zero && await runOperation.RunLeasedAsync(operation, wait, cancellationToken);
        return new StartedOperation(operation.Id, done);
    }

    private async Task RequireFinishedAsync(TenantPlacement tenant, Guid against, CancellationToken cancellationToken)
    {
        KeptEvaluation earlier = await store.FindAsync(tenant, against, cancellationToken) ?? throw new EvaluationNotFoundException();
        if (earlier.Report is null)
        {
            throw new ImpossibleNowException(
                "evaluation-not-done", "The evaluation that this one is to be compared with has no result. Wait until it is done.");
        }
    }

    /// <returns>False when another is under way.</returns>
    private async Task<bool> WriteIntentAsync(LeasedOperation operation, DateTimeOffset now, bool leased, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.operations (id, kind, tenant_uid, tenant_id, state, step, attempts, lease, next_attempt_at, created_at)
                values ($1, $2, $3, $4, case when $5 then 'running' else 'queued' end, 'start', case when $5 then 1 else 0 end,
                    case when $5 then $6::uuid end, now() + case when $5 then $7::interval else interval '0' end, $8)
                on conflict do nothing
                """)
            .With(operation.Id).With(operation.Kind).With(operation.Tenant.Uid).With(operation.Tenant.Id.Value)
            .With(leased).With(operation.Lease).With(options.Value.Lease).With(now);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
