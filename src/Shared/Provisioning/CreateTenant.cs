using Freehold.Provisioning.Providers;
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
/// Writes the intent to have a tenant: the tenant, the names of its database and the operation, in one transaction, which takes a
/// database from the warm pool if there is one, and then there is nothing left to do. Otherwise, when the caller waits, carries
/// the operation out at once. A tenant of another region is left to that region's host, which chooses its names, and waited for.
/// </summary>
public sealed class CreateTenant(
    CatalogDatabase catalog,
    OperationStore operations,
    RunOperation runOperation,
    DatabaseProviders providers,
    InstallationMark installation,
    CredentialCipher cipher,
    Plans plans,
    Regions regions,
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
            return new CreatedTenant(earlier.Id, id, IsActive(earlier));
        }

        string region = regions.Choose(request.Region);
        bool isHere = region == regions.Here;
        LeasedOperation operation = await NewOperationAsync(id, request.Plan ?? options.Value.DefaultPlan, isHere, cancellationToken);
        Guid? claimed;
        try
        {
            claimed = await WriteIntentAsync(
                request, region, caller, requestHash, operation, leased: isHere && wait > TimeSpan.Zero, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // A name that is taken, or the same request at the same time.
            return await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken) is { } twin
                ? new CreatedTenant(twin.Id, id, IsActive(twin))
                : throw new TenantAlreadyExistsException();
        }

        bool active = claimed is not null
            || (wait > TimeSpan.Zero && (isHere
                ? await runOperation.RunLeasedAsync(operation, wait, cancellationToken)
                : await operations.WaitAsync(operation.Id, wait, cancellationToken)));
        return new CreatedTenant(operation.Id, id, active);
    }

    // What its plan says of its database may be still to come.
    private static bool IsActive(Operation operation) => operation.State == OperationStates.Done || operation.Step == "terms";

    private TenantId Check(NewTenant request)
    {
        TenantId id = TenantId.Parse(request.Id);
        DisplayName.Check(request.DisplayName);
        if (request.Plan is not null)
        {
            plans.Require(request.Plan);
        }

        regions.Choose(request.Region);
        return id;
    }

    private async ValueTask<LeasedOperation> NewOperationAsync(TenantId id, string plan, bool isHere, CancellationToken cancellationToken)
    {
        IDatabaseProvider provider = providers.ForNew(plan);
        DateTimeOffset now = time.GetUtcNow();
        Guid uid = Guid.CreateVersion7(now);
        TenantDatabase? database = isHere ? TenantDatabase.Choose(await installation.FindAsync(cancellationToken)) : null;
        return new LeasedOperation(
            Guid.CreateVersion7(now),
            OperationKinds.Provision,
            Guid.NewGuid(),
            Attempts: 1,
            new OperationTenant(
                uid,
                id,
                plan,
                provider.Name,
                database?.Name,
                database?.Role,
                database is null ? null : cipher.Seal(uid, database.Password),
                Claimed: false));
    }

    /// <returns>The tenant's uid when it got a database of the warm pool, and with it everything; null when it is still to be made.</returns>
    private async Task<Guid?> WriteIntentAsync(
        NewTenant request,
        string region,
        Caller caller,
        byte[] requestHash,
        LeasedOperation operation,
        bool leased,
        CancellationToken cancellationToken)
    {
        // One statement: when the name is taken, the database stays in the pool. Two creations never wait for one database, and
        // neither gets the other's.
        OperationTenant tenant = operation.Tenant;
        IDatabaseProvider provider = providers.Of(tenant.Provider);
        DatabaseAddress? address = region == regions.Here ? provider.Address : null;
        await using NpgsqlCommand command = catalog.Command(
                """
                with held as (select from catalog.tenants where id = $3 and state = 'deleted' and upload_links_until > $12),
                spare as (
                    delete from catalog.spare_databases
                    where not exists (select from held) and uid = (
                        select uid from catalog.spare_databases
                        where region = $5 and provider = $22 and template = $16 and ($7 is null or (host = $7 and port = $8)) and state = 'ready'
                        order by created_at limit 1 for update skip locked)
                    returning uid, host, port, pooler_host, database_name, role_name, encrypted_password, schema_version),
                tenant as (
                    insert into catalog.tenants
                        (uid, id, display_name, state, region, plan, provider, host, port, pooler_host, database_name, role_name, encrypted_password,
                        created_at, claimed, ready_at, schema_version, embedding_model)
                    select coalesce(s.uid, $2), $3, $4, case when s.uid is null then 'provisioning' else 'active' end, $5, $6, $22,
                        coalesce(s.host, $7), coalesce(s.port, $8), s.pooler_host, coalesce(s.database_name, $9), coalesce(s.role_name, $10),
                        coalesce(s.encrypted_password, $11),
                        $12, s.uid is not null, case when s.uid is not null then now() end, s.schema_version, $21
                    from (select where not exists (select from held)) once left join spare s on true
                    returning uid, id, claimed),
                noted as (
                    insert into catalog.audit (actor, action, tenant_id, tenant_uid) select $20, 'tenant-provision', id, uid from tenant)
                insert into catalog.operations
                    (id, kind, tenant_uid, tenant_id, state, step, attempts, lease, next_attempt_at, finished_at,
                    idempotency_key, request_hash, created_at, reply_to, region)
                select $1, 'provision', uid, id,
                    case when claimed and not $23 then 'done' when $17 and not claimed then 'running' else 'queued' end,
                    case when not claimed then 'database' when $23 then 'terms' else 'active' end,
                    case when claimed and $23 then 0 when claimed or $17 then 1 else 0 end,
                    case when $17 and not claimed then $18::uuid end,
                    case when claimed and not $23 then null else now() + case when $17 and not claimed then $13 else interval '0' end end,
                    case when claimed and not $23 then now() end,
                    $14, $15, $12, $19, $24
                from tenant
                returning (select case when claimed then uid end from tenant)
                """)
            .With(operation.Id).With(tenant.Uid).With(tenant.Id.Value).With(request.DisplayName ?? tenant.Id.Value)
            .With(region).With(request.Plan ?? options.Value.DefaultPlan)
            .With(address?.Host).With(address?.Port)
            .With(tenant.Database).With(tenant.Role).With(tenant.EncryptedPassword).With(time.GetUtcNow())
            .With(provisioning.Value.Lease).With(caller.IdempotencyKey).With(requestHash)
            .With(region == regions.Here ? provider.Template : null).With(leased).With(operation.Lease).With(caller.ReplyTo).With(caller.Name)
            .With(provider.EmbeddingModel).With(provider.Name).With(provider.HasTerms(request.Plan ?? options.Value.DefaultPlan))
            .With(regions.Here);
        return await command.ExecuteScalarAsync(cancellationToken) is { } written ? written as Guid? : throw new TenantNameHeldException();
    }
}

/// <summary>Links to upload documents of a deleted tenant are still good, and would lead into a new one of its name.</summary>
public sealed class TenantNameHeldException() : RefusalException(
    RefusalKind.Conflict,
    "tenant-name-held",
    "A deleted tenant had this id, and links to upload its documents are still good, for a day at most. Choose another id, or try again when they have ended.");
