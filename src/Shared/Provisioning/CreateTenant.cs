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
    AuditLog audit,
    Plans plans,
    IOptions<TenantsOptions> options,
    IOptions<ProvisioningOptions> provisioning,
    TimeProvider time)
{
    private const int MaxDisplayNameLength = 200;

    /// <summary>Makes a tenant.</summary>
    /// <param name="request">Who it is to be.</param>
    /// <param name="idempotencyKey">Names the request, so that sending it again makes nothing twice; or null.</param>
    /// <param name="wait">How long to wait for it to be active; zero not to wait.</param>
    /// <param name="cancellationToken">The caller went away.</param>
    public async Task<CreatedTenant> RunAsync(
        NewTenant request, string? idempotencyKey, TimeSpan wait, CancellationToken cancellationToken)
    {
        TenantId id = Check(request);
        byte[] requestHash = OperationStore.Hash(OperationKinds.Provision, request.Id, request.DisplayName, request.Region, request.Plan);
        if (await operations.FindEarlierAsync(idempotencyKey, requestHash, cancellationToken) is { } earlier)
        {
            return new CreatedTenant(earlier.Id, id, earlier.State == "done");
        }

        LeasedOperation operation = NewOperation(id);
        try
        {
            await WriteIntentAsync(request, idempotencyKey, requestHash, operation, leased: wait > TimeSpan.Zero, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // A name that is taken, or the same request at the same time.
            return await operations.FindEarlierAsync(idempotencyKey, requestHash, cancellationToken) is { } twin
                ? new CreatedTenant(twin.Id, id, twin.State == "done")
                : throw new TenantAlreadyExistsException();
        }

        await audit.WriteAsync("tenant-created", id, operation.TenantUid, null, cancellationToken);
        bool active = wait > TimeSpan.Zero && await runOperation.RunLeasedAsync(operation, wait, cancellationToken);
        return new CreatedTenant(operation.Id, id, active);
    }

    private TenantId Check(NewTenant request)
    {
        TenantId id = TenantId.Parse(request.Id);
        if (request.DisplayName is { Length: > MaxDisplayNameLength } name || request.DisplayName?.Any(char.IsControl) == true)
        {
            throw new InvalidInputException("invalid-display-name", $"A display name has at most {MaxDisplayNameLength} characters and no control characters.");
        }

        if (request.Plan is not null && !plans.Has(request.Plan))
        {
            throw new ImpossibleRequestException("unknown-plan", $"Plans are {string.Join(", ", plans.Names)}.");
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
            uid,
            id.Value,
            database.Name,
            database.Role,
            cipher.Seal(uid, database.Password));
    }

    private async Task WriteIntentAsync(
        NewTenant request,
        string? idempotencyKey,
        byte[] requestHash,
        LeasedOperation operation,
        bool leased,
        CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
                """
                insert into catalog.tenants
                    (uid, id, display_name, state, region, plan, host, port, database_name, role_name, encrypted_password, created_at)
                values ($1, $2, $3, 'provisioning', $4, $5, $6, $7, $8, $9, $10, $11)
                """)
            .With(operation.TenantUid).With(operation.TenantId).With(request.DisplayName ?? operation.TenantId)
            .With(request.Region ?? options.Value.DefaultRegion).With(request.Plan ?? options.Value.DefaultPlan)
            .With(provider.Host).With(provider.Port)
            .With(operation.Database).With(operation.Role).With(operation.EncryptedPassword).With(now);
        batch.Add(
                """
                insert into catalog.operations
                    (id, kind, tenant_uid, tenant_id, state, step, attempts, lease, next_attempt_at, idempotency_key, request_hash, created_at)
                values ($1, $2, $3, $4, case when $5 then 'running' else 'queued' end, 'database', case when $5 then 1 else 0 end,
                    case when $5 then $6::uuid end, now() + case when $5 then $7 else interval '0' end, $8, $9, $10)
                """)
            .With(operation.Id).With(operation.Kind).With(operation.TenantUid).With(operation.TenantId).With(leased)
            .With(operation.Lease).With(provisioning.Value.Lease).With(idempotencyKey).With(requestHash).With(now);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
