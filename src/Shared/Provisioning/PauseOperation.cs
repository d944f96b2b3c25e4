using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Lets a change of the embedding model rest, and has it go on from where it stopped. Asked again, it makes sure.</summary>
public sealed class PauseOperation(CatalogDatabase catalog)
{
    /// <summary>Pauses it. Whoever is at it stops within a batch.</summary>
    public Task RunAsync(Guid id, Caller caller, CancellationToken cancellationToken) => SetAsync(
        id, "state = 'queued', step = 'paused', lease = null, next_attempt_at = null, failure = null", "true", "operation-paused", caller, cancellationToken);

    /// <summary>Has it go on, to be woken by a message.</summary>
    public Task ResumeAsync(Guid id, Caller caller, CancellationToken cancellationToken) => SetAsync(
        id, "step = 'start', next_attempt_at = now(), woken_at = null", "step = 'paused'", "operation-resumed", caller, cancellationToken);

    private async Task SetAsync(Guid id, string set, string condition, string action, Caller caller, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Both are constants above.
        await using NpgsqlCommand command = catalog.Command(
                $"""
                with changed as (
                    update catalog.operations set {set}
                    where id = $1 and kind = 'change-model' and state in ('queued', 'running') and {condition}
                    returning id, tenant_id, tenant_uid),
                noted as (
                    insert into catalog.audit (actor, action, tenant_id, tenant_uid, details)
                    select $2, $3, tenant_id, tenant_uid, jsonb_build_object('operation', id) from changed)
                select kind = 'change-model' and state in ('queued', 'running') from catalog.operations where id = $1
                """)
            .With(id).With(caller.Name).With(action);
#pragma warning restore CA2100
        bool? pausable = await command.ExecuteScalarAsync(cancellationToken) as bool?;
        _ = pausable switch
        {
            true => true,
            false => throw new OperationNotPausableException(),
            null => throw new OperationNotFoundException(),
        };
    }
}
