using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>The operation that a call has started, or that the same call started earlier, and whether it is done.</summary>
public sealed record StartedOperation(Guid Id, bool Done);

/// <summary>
/// Changes a tenant's state and writes the intent to make its database follow, in one statement. Then, when the caller waits,
/// carries the operation out at once; a tenant's of another region is left to its host, and waited for.
/// </summary>
public sealed class ChangeTenant(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    OperationStore operations,
    Regions regions,
    RunOperation runOperation,
    TenantDirectory directory,
    TenantDataSources dataSources,
    IOptions<ProvisioningOptions> options,
    TimeProvider time)
{
    /// <summary>Changes a tenant.</summary>
    /// <param name="id">The tenant.</param>
    /// <param name="change">What changes.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="wait">How long to wait for the operation; zero not to wait.</param>
    /// <param name="cancellationToken">The caller went away; a change that is written stays, and is carried out.</param>
    /// <exception cref="MisdirectedRegionException">Only the host of the tenant's region knows what is asked for.</exception>
    public async Task<StartedOperation> RunAsync(
        TenantId id, TenantChange change, Caller caller, TimeSpan wait, CancellationToken cancellationToken)
    {
        byte[] requestHash = OperationStore.Hash(
            change.Kind, [id.Value, change.Argument, .. change.Region is null ? Array.Empty<string>() : [change.Region]]);
        if (await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken) is { } earlier)
        {
            return Started(earlier);
        }

        LeasedOperation? operation;
        bool isHere;
        try
        {
            (operation, isHere) = await WriteIntentAsync(id, change, caller, requestHash, leased: wait > TimeSpan.Zero, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The same request at the same time, or its key was used for another meanwhile.
            return await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken) is { } twin
                ? Started(twin)
                : throw change.WhyNot(TenantState.Active);
        }

        if (operation is null)
        {
            Tenant tenant = await tenants.FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
            regions.RequireHere(change.IsByRegion ? tenant.Region : regions.Here);
            throw change.WhyNot(tenant.State);
        }

        directory.Forget(operation.Tenant.Uid);
        if (change.Closes)
        {
            dataSources.Close(operation.Tenant.Uid);
        }

        bool done = wait > TimeSpan.Zero && (isHere
            ? await runOperation.RunLeasedAsync(operation, wait, cancellationToken)
            : await operations.WaitAsync(operation.Id, wait, cancellationToken));
        return new StartedOperation(operation.Id, done);
    }

    private static StartedOperation Started(Operation operation) => new(operation.Id, operation.State == OperationStates.Done);

    /// <returns>Null when the tenant is not in a state that allows it.</returns>
    private async Task<(LeasedOperation? Operation, bool IsHere)> WriteIntentAsync(
        TenantId id, TenantChange change, Caller caller, byte[] requestHash, bool leased, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        Guid operation = Guid.CreateVersion7(now);
        Guid lease = Guid.NewGuid();
#pragma warning disable CA2100 // The change's SQL is a constant of this program.
        await using NpgsqlBatch batch = catalog.Batch();

        // In a statement of its own: the next one sees what those have written for whom it waited.
        batch.Add("select 1 from catalog.tenants where id = $1 and state <> 'deleted' for update").With(id.Value);
        batch.Add(
                $"""
                with busy as (
                    select max(o.next_attempt_at) as until
                    from catalog.operations o join catalog.tenants t on t.uid = o.tenant_uid
                    where t.id = $1 and t.state <> 'deleted' and o.state = 'running'),
                changed as (
                    update catalog.tenants t set {change.Set}
                    from busy b
                    where t.id = $1 and t.state <> 'deleted' and ({change.Condition}) and (t.region = $16 or not $17)
                    returning t.uid, t.id, t.plan, t.provider, t.database_name, t.role_name, t.encrypted_password, t.claimed, t.region,
                        $4 and t.region = $16 as leased),
                overtaken as (
                    update catalog.operations o
                    set state = 'failed', failure = 'Overtaken by ' || $3 || '.', lease = null, next_attempt_at = null, finished_at = now()
                    from changed c
                    where o.tenant_uid = c.uid and o.kind = any ($8)
                        and (o.state = 'queued' or (o.state = 'running' and o.kind <> all ($15)))),
                written as (
                    insert into catalog.operations
                        (id, kind, tenant_uid, tenant_id, state, step, attempts, lease, next_attempt_at, idempotency_key, request_hash, reply_to,
                        created_at, region)
                    select $2, $3, uid, id, case when leased then 'running' else 'queued' end, 'start', case when leased then 1 else 0 end,
                        case when leased then $5::uuid end, now() + case when leased then $9::interval else interval '0' end, $10, $11, $12, $13, $16
                    from changed),
                noted as (
                    insert into catalog.audit (actor, action, tenant_id, tenant_uid, details)
                    select $14, 'tenant-' || $3, id, uid, jsonb_strip_nulls(jsonb_build_object('operation', $2, 'value', $6::text, 'region', $18::text)) from changed)
                select uid, plan, provider, database_name, role_name, encrypted_password, claimed, region = $16 from changed
                """)
            .With(id.Value).With(operation).With(change.Kind).With(leased).With(lease).With(change.Argument).With(change.Grace)
            .With(change.Overtakes).With(options.Value.Lease).With(caller.IdempotencyKey).With(requestHash).With(caller.ReplyTo).With(now)
            .With(caller.Name).With(TenantChange.LookAgain).With(regions.Here)
            .With(change.IsByRegion).With(change.Region);
#pragma warning restore CA2100
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (new LeasedOperation(
                operation,
                change.Kind,
                lease,
                Attempts: 1,
                new OperationTenant(
                    reader.GetGuid(0),
                    id,
                    reader.GetString(1),
                    reader.GetString(2),
                    reader.Optional<string>(3),
                    reader.Optional<string>(4),
                    reader.Optional<byte[]>(5),
                    reader.GetBoolean(6))),
                reader.GetBoolean(7))
            : default;
    }
}
