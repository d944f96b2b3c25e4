using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>What is asked of a new tenant.</summary>
public sealed record NewTenant(string? Id, string? DisplayName = null, string? Region = null, string? Plan = null);

/// <summary>What came of it: the operation, and whether the tenant is active already.</summary>
public sealed record CreatedTenant(Guid Operation, TenantId Tenant, bool Active);

/// <summary>
/// Writes the intent to have a tenant: the tenant, the names of its database and the operation, in one transaction. Then, when
/// the caller waits, carries the operation out at once.
/// </summary>
public sealed class CreateTenant(
    CatalogDatabase catalog,
    OperationStore operations,
    RunOperation runOperation,
    PostgresProvider provider,
    CredentialCipher cipher,
    Plans plans,
    IOptions<TenantsOptions> options,
    IOptions<ProvisioningOptions> provisioning,
    TimeProvider time)
{
    /// <summary>Makes a tenant.</summary>
    /// <param name="request">Who it is to be.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="wait">How long to wait for it to be active; zero not to wait.</param>
    /// <param name="cancellationToken">The caller went away.</param>
    public async Task<CreatedTenant> RunAsync(
        NewTenant request, Caller caller, TimeSpan wait, CancellationToken cancellationToken)
    {
        TenantId id = Check(request);
        byte[] requestHash = OperationStore.Hash(OperationKinds.Provision, request.Id, request.DisplayName, request.Region, request.Plan);
        if (await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken) is { } earlier)
        {
            return new CreatedTenant(earlier.Id, id, earlier.State == OperationStates.Done);
        }

        LeasedOperation operation = NewOperation(id);
        try
        {
            await WriteIntentAsync(request, caller, requestHash, operation, leased: wait > TimeSpan.Zero, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // A name that is taken, or the same request at the same time.
            return await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken) is { } twin
                ? new CreatedTenant(twin.Id, id, twin.State == OperationStates.Done)
                : throw new TenantAlreadyExistsException();
        }

        bool active = wait > TimeSpan.Zero && await runOperation.RunLeasedAsync(operation, wait, cancellationToken);
        return new CreatedTenant(operation.Id, id, active);
    }

    private TenantId Check(NewTenant request)
    {
        TenantId id = TenantId.Parse(request.Id);
        DisplayName.Check(request.DisplayName);
        if (request.Plan is not null)
        {
            plans.Require(request.Plan);
        }

        if (request.Region is not null && request.Region != options.Value.DefaultRegion)
        {
            throw new ImpossibleRequestException("unknown-region", $"The region here is {options.Value.DefaultRegion}.");
        }

        return id;
    }

    private LeasedOperation NewOperation(TenantId id)
    {
        DateTimeOffset now = time.GetUtcNow();
        Guid uid = Guid.CreateVersion7(now);
        TenantDatabase database = TenantDatabase.Choose();
        return new LeasedOperation(
            Guid.CreateVersion7(now),
            OperationKinds.Provision,
            Guid.NewGuid(),
            Attempts: 1,
            new OperationTenant(uid, id, database.Name, database.Role, cipher.Seal(uid, database.Password)));
    }

    private async Task WriteIntentAsync(
        NewTenant request,
        Caller caller,
        byte[] requestHash,
        LeasedOperation operation,
        bool leased,
        CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        OperationTenant tenant = operation.Tenant;
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
                """
                insert into catalog.tenants
                    (uid, id, display_name, state, region, plan, host, port, database_name, role_name, encrypted_password, created_at)
                values ($1, $2, $3, 'provisioning', $4, $5, $6, $7, $8, $9, $10, $11)
                """)
            .With(tenant.Uid).With(tenant.Id.Value).With(request.DisplayName ?? tenant.Id.Value)
            .With(request.Region ?? options.Value.DefaultRegion).With(request.Plan ?? options.Value.DefaultPlan)
            .With(provider.Host).With(provider.Port)
            .With(tenant.Database).With(tenant.Role).With(tenant.EncryptedPassword).With(now);
        batch.Add(
                """
                insert into catalog.operations
                    (id, kind, tenant_uid, tenant_id, state, step, attempts, lease, next_attempt_at, idempotency_key, request_hash, created_at, reply_to)
                values ($1, $2, $3, $4, case when $5 then 'running' else 'queued' end, 'database', case when $5 then 1 else 0 end,
                    case when $5 then $6::uuid end, now() + case when $5 then $7 else interval '0' end, $8, $9, $10, $11)
                """)
            .With(operation.Id).With(operation.Kind).With(tenant.Uid).With(tenant.Id.Value).With(leased)
            .With(operation.Lease).With(provisioning.Value.Lease).With(caller.IdempotencyKey).With(requestHash).With(now)
            .With(caller.ReplyTo);
        AuditLog.Add(batch, caller, "tenant-provision", tenant.Id, tenant.Uid, null);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
