using Freehold.Retrieval.Evaluation;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Evaluations;

/// <summary>Removes an evaluation of a tenant. One that is under way is called off.</summary>
public sealed class DeleteEvaluation(CatalogDatabase catalog, EvaluationStore store)
{
    /// <summary>Removes it.</summary>
    /// <exception cref="EvaluationNotFoundException">The tenant has none of this id.</exception>
    public async Task RunAsync(TenantPlacement tenant, Guid id, CancellationToken cancellationToken)
    {
        // Whoever is at it loses the lease, and stops at its next note.
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations
                set state = 'failed', failure = 'Overtaken by its deletion.', lease = null, next_attempt_at = null, finished_at = now()
                where id = $1 and tenant_uid = $2 and kind = 'evaluate' and state in ('queued', 'running')
                """)
            .With(id).With(tenant.Uid);
        await command.ExecuteNonQueryAsync(cancellationToken);
        if (!await store.DeleteAsync(tenant, id, cancellationToken))
        {
            throw new EvaluationNotFoundException();
        }
    }
}
