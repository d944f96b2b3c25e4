using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Steps that make a tenant active: its database, its role, then the catalog says so.</summary>
public sealed class ProvisionTenant(
    CatalogDatabase catalog,
    OperationLeases leases,
    TenantCatalog tenants,
    DatabaseProviders providers,
    ApplyTenantState applyState,
    InstallationMark installation,
    CredentialCipher cipher,
    TenantDirectory directory)
{
    /// <returns>Whether the tenant is active.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "database";
        OperationTenant tenant = operation.Tenant.Database is null ? await PlaceAsync(operation, cancellationToken) : operation.Tenant;
        TenantDatabase database = new(tenant.Database!, tenant.Role!, cipher.Open(tenant.Uid, tenant.EncryptedPassword));

        IDatabaseProvider provider = providers.Of(tenant.Provider);
        if (tenant.Claimed)
        {
            // It serves already. What its plan says of its database could wait, and is made up for.
            progress.Step = "terms";
            await applyState.ApplyTermsAsync(tenant.Uid, applied: null, cancellationToken);
            return await leases.FinishAsync(operation, "active", cancellationToken);
        }

        DatabaseAddress address = await provider.CreateDatabaseAsync(database, new DatabaseTerms(tenant.Uid, tenant.Plan), cancellationToken);

        // Who has changed the plan meanwhile may have found no database to tell.
        progress.Step = "terms";
        await applyState.ApplyTermsAsync(tenant.Uid, applied: tenant.Plan, cancellationToken);

        progress.Step = "credentials";
        await provider.OpenDatabaseAsync(database, cancellationToken);

        progress.Step = "active";
        bool active = await ActivateAsync(operation, provider, address, cancellationToken)
            || await WasOvertakenAsync(operation, provider, database, cancellationToken);
        directory.Forget(tenant.Uid);
        return active;
    }

    /// <summary>Chooses provider and names for a tenant that was asked for in another region, and writes them down before anything is made.</summary>
    /// <exception cref="LeaseLostException">Somebody else is at it.</exception>
    private async Task<OperationTenant> PlaceAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        IDatabaseProvider provider = providers.ForNew(operation.Tenant.Plan);
        TenantDatabase chosen = TenantDatabase.Choose(await installation.FindAsync(cancellationToken));
        OperationTenant tenant = operation.Tenant with
        {
            Provider = provider.Name,
            Database = chosen.Name,
            Role = chosen.Role,
            EncryptedPassword = cipher.Seal(operation.Tenant.Uid, chosen.Password),
        };
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants t
                set provider = $3, host = $4, port = $5, database_name = $6, role_name = $7, encrypted_password = $8
                from catalog.operations o
                where o.id = $1 and o.lease = $2 and t.uid = o.tenant_uid and t.database_name is null
                """)
            .With(operation.Id).With(operation.Lease).With(tenant.Provider).With(provider.Address?.Host).With(provider.Address?.Port)
            .With(tenant.Database).With(tenant.Role).With(tenant.EncryptedPassword);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? tenant : throw new LeaseLostException();
    }

    /// <summary>Somebody else has carried the operation on. If the tenant has been erased since, nothing that was made here may stay.</summary>
    private async Task<bool> WasOvertakenAsync(
        LeasedOperation operation, IDatabaseProvider provider, TenantDatabase database, CancellationToken cancellationToken)
    {
        TenantPlacement? tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken);
        if (tenant is null or { State: TenantState.Deleted })
        {
            await provider.RemoveAsync(database.Name, database.Role, cancellationToken);
        }

        return tenant?.State == TenantState.Active;
    }

    private async Task<bool> ActivateAsync(
        LeasedOperation operation, IDatabaseProvider provider, DatabaseAddress address, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'active', lease = null, next_attempt_at = null, failure = null, finished_at = now()
                    where id = $1 and lease = $2
                    returning tenant_uid)
                update catalog.tenants t
                set state = 'active', schema_version = $3, embedding_model = $4, host = $5, port = $6, pooler_host = $7, ready_at = now(),
                    failure = null
                from finished f
                where t.uid = f.tenant_uid and t.state = 'provisioning'
                """)
            .With(operation.Id).With(operation.Lease).With(provider.SchemaVersion).With(provider.EmbeddingModel)
            .With(address.Host).With(address.Port).With(address.PoolerHost);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
