using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Who works on which operation: hosts of its tenant's region, or of the one that it was handed over to; where it has no tenant, of the one
/// in which it was asked for. A lease lapses unless it is renewed, and makes the operation due again; what its former holder then writes
/// changes nothing, since every write names the lease.
/// </summary>
public sealed class OperationLeases(CatalogDatabase catalog, Regions regions, IOptions<ProvisioningOptions> options)
{
    /// <summary>Takes the lease of an operation that is due; null when it is not, or is another region's.</summary>
    internal async Task<LeasedOperation?> TakeAsync(Guid id, CancellationToken cancellationToken)
    {
        Guid lease = Guid.NewGuid();
        await using NpgsqlCommand command = catalog.Command(
                """
                with taken as (
                    update catalog.operations o set state = 'running', lease = $2, attempts = attempts + 1, next_attempt_at = now() + $3
                    where id = $1 and state in ('queued', 'running') and next_attempt_at <= now()
                        and coalesce(o.runs_in, (select t.region from catalog.tenants t where t.uid = o.tenant_uid), o.region, $4) = $4
                    returning kind, attempts, details, tenant_uid)
                select o.kind, o.attempts, o.details::text, t.uid, t.id, t.plan, t.provider, t.database_name, t.role_name, t.encrypted_password, t.claimed
                from taken o left join catalog.tenants t on t.uid = o.tenant_uid
                """)
            .With(id).With(lease).With(options.Value.Lease).With(regions.Here);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        OperationTenant? tenant = reader.IsDBNull(3)
            ? null
            : new OperationTenant(
                reader.GetGuid(3),
                TenantId.Parse(reader.GetString(4)),
                reader.GetString(5),
                reader.GetString(6),
                reader.Optional<string>(7),
                reader.Optional<string>(8),
                reader.Optional<byte[]>(9),
                reader.GetBoolean(10));
        return new LeasedOperation(id, reader.GetString(0), lease, reader.GetInt32(1), tenant, reader.GetString(2));
    }

    /// <summary>Keeps the lease for another while, and notes how far the operation has come.</summary>
    /// <returns>False when the lease is lost: whoever worked under it has to stop.</returns>
    internal Task<bool> RenewAsync(LeasedOperation operation, string step, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command("update catalog.operations set next_attempt_at = now() + $3, step = $4 where id = $1 and lease = $2")
            .With(operation.Id).With(operation.Lease).With(options.Value.Lease).With(step),
        cancellationToken);

    /// <summary>Keeps the lease, before something is done that nobody else may be past already.</summary>
    /// <exception cref="LeaseLostException">It is lost.</exception>
    internal async Task RequireAsync(LeasedOperation operation, string step, CancellationToken cancellationToken)
    {
        if (!await RenewAsync(operation, step, cancellationToken))
        {
            throw new LeaseLostException();
        }
    }

    /// <summary>Notes what later steps, or a later attempt, need to know.</summary>
    internal Task<bool> NoteAsync(LeasedOperation operation, string step, string details, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command("update catalog.operations set details = details || $3::jsonb, step = $4 where id = $1 and lease = $2")
            .With(operation.Id).With(operation.Lease).With(details).With(step),
        cancellationToken);

    /// <summary>Notes progress. From then on attempts count anew.</summary>
    /// <returns>False when the lease is lost: whoever worked under it has to stop.</returns>
    internal Task<bool> NoteProgressAsync(LeasedOperation operation, string step, string details, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command(
                "update catalog.operations set details = details || $3::jsonb, step = $4, attempts = 1, failure = null where id = $1 and lease = $2")
            .With(operation.Id).With(operation.Lease).With(details).With(step),
        cancellationToken);

    /// <summary>Puts an operation down that can do nothing now, and says why. The attempt does not count.</summary>
    internal Task<bool> AwaitAsync(
        LeasedOperation operation, string step, string reason, TimeSpan pause, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command(
                """
                update catalog.operations
                set state = 'queued', step = $3, failure = $4, lease = null, woken_at = null, attempts = attempts - 1, next_attempt_at = now() + $5
                where id = $1 and lease = $2
                """)
            .With(operation.Id).With(operation.Lease).With(step).With(reason).With(pause),
        cancellationToken);

    /// <summary>The operation is done.</summary>
    internal Task<bool> FinishAsync(LeasedOperation operation, string step, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command(
                """
                update catalog.operations
                set state = 'done', step = $3, lease = null, next_attempt_at = null, failure = null, finished_at = now()
                where id = $1 and lease = $2
                """)
            .With(operation.Id).With(operation.Lease).With(step),
        cancellationToken);

    /// <summary>
    /// Puts a deletion down until its grace period is over, without a failure. One that was called off meanwhile is over.
    /// </summary>
    internal Task<bool> AwaitPurgeAsync(LeasedOperation operation, string step, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command(
                """
                update catalog.operations o
                set state = case when t.state = 'deleting' then 'queued' else 'failed' end, step = $3, lease = null, woken_at = null,
                    failure = case when t.state <> 'deleting' then 'Overtaken by undelete.' end, attempts = 0,
                    next_attempt_at = case when t.state = 'deleting' then t.purge_at end,
                    finished_at = case when t.state <> 'deleting' then now() end
                from catalog.tenants t where o.id = $1 and o.lease = $2 and t.uid = o.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease).With(step),
        cancellationToken);

    /// <summary>Records a failed attempt: due again at a later time, or failed for good.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="step">The step that it had come to.</param>
    /// <param name="failure">Why, for operators.</param>
    /// <param name="permanent">Whether another attempt would fail as well, until somebody does something.</param>
    /// <param name="cancellationToken">Stops.</param>
    internal async Task RecordFailureAsync(
        LeasedOperation operation, string step, string failure, bool permanent, CancellationToken cancellationToken)
    {
        bool final = OperationKinds.CanFail(operation.Kind) && (permanent || operation.Attempts >= options.Value.MaxAttempts);
        await using NpgsqlCommand command = catalog.Command(
                """
                with attempt as (
                    update catalog.operations
                    set state = case when $3 then 'failed' else 'queued' end, step = $4, failure = $5, lease = null, woken_at = null,
                        next_attempt_at = case when $3 then null else now() + $6 end, finished_at = case when $3 then now() end
                    where id = $1 and lease = $2
                    returning tenant_uid, kind, state)
                update catalog.tenants t set state = 'failed', failure = $5
                from attempt a where t.uid = a.tenant_uid and a.kind = 'provision' and a.state = 'failed' and t.state = 'provisioning'
                """)
            .With(operation.Id).With(operation.Lease).With(final).With(step).With(failure).With(Backoff(operation.Attempts));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives an unfinished operation back, due at once.</summary>
    internal Task<bool> ReleaseAsync(LeasedOperation operation, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command(
                """
                update catalog.operations set state = 'queued', lease = null, next_attempt_at = now(), attempts = attempts - 1
                where id = $1 and lease = $2
                """)
            .With(operation.Id).With(operation.Lease),
        cancellationToken);

    /// <summary>Leaves an operation to the hosts of another region, due at once.</summary>
    internal Task<bool> HandOverAsync(LeasedOperation operation, string region, string step, CancellationToken cancellationToken) => ExecuteAsync(
        catalog.Command(
                """
                update catalog.operations
                set state = 'queued', runs_in = $3, step = $4, lease = null, woken_at = null, attempts = 0, next_attempt_at = now()
                where id = $1 and lease = $2
                """)
            .With(operation.Id).With(operation.Lease).With(region).With(step),
        cancellationToken);

    /// <summary>
    /// Operations that have been due for a while without anyone taking them, or are over without their reply sent, marked as woken now.
    /// One that was asked for in another region, or handed over by it, has had no message here, and is not waited for.
    /// </summary>
    internal async Task<IReadOnlyList<Guid>> TakeForgottenAsync(TimeSpan patience, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations set woken_at = now()
                where id in (
                    select o.id from catalog.operations o left join catalog.tenants t on t.uid = o.tenant_uid
                    where o.state in ('queued', 'running') and o.next_attempt_at <= now()
                        and coalesce(o.runs_in, t.region, o.region, $3) = $3
                        and (greatest(o.woken_at, o.created_at) < now() - $1 or (o.woken_at is null and (o.region <> $3 or o.runs_in is not null)))
                    order by o.next_attempt_at limit $2)
                or id in (
                    select id from catalog.operations
                    where reply_to is not null and replied_at is null and finished_at < now() - $1 and coalesce(region, $3) = $3
                        and (woken_at is null or woken_at < now() - $1)
                    limit $2)
                returning id
                """)
            .With(patience).With(limit).With(regions.Here);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private TimeSpan Backoff(int attempts)
    {
        double factor = Math.Pow(2, Math.Min(attempts - 1, 30));
        TimeSpan backoff = options.Value.FirstBackoff * factor;
        return backoff < options.Value.MaxBackoff ? backoff : options.Value.MaxBackoff;
    }

    private static async Task<bool> ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        }
    }
}

/// <summary>Another host is at the operation, or a later call has overtaken it. Whatever is left of it is not this host's.</summary>
internal sealed class LeaseLostException() : Exception("The lease of the operation is lost.");
