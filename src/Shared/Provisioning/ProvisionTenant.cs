using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Steps that make a tenant active: its database, its role, then the catalog says so.</summary>
public sealed class ProvisionTenant(
    CatalogDatabase catalog, OperationLeases leases, TenantCatalog tenants, DatabaseProviders providers, CredentialCipher cipher, TenantDirectory directory)
{
    /// <returns>Whether the tenant is active.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        OperationTenant tenant = operation.Tenant;
        TenantDatabase database = new(
            tenant.Database!, tenant.Role!, cipher.Open(tenant.Uid, tenant.EncryptedPassword));

        IDatabaseProvider provider = providers.Of(tenant.Provider);
        DatabaseTerms terms = new(tenant.Uid, tenant.Plan);
        if (tenant.Claimed)
        {
            // It serves already. What its plan says of its database could wait, and is made up for.
            progress.Step = "terms";
            await provider.ApplyTermsAsync(database.Name, terms, cancellationToken);
            return await leases.FinishAsync(operation, "active", cancellationToken);
        }

        progress.Step = "database";
        DatabaseAddress address = await provider.CreateDatabaseAsync(database, terms, cancellationToken);

        progress.Step = "credentials";
        await provider.OpenDatabaseAsync(database, cancellationToken);

        progress.Step = "active";
        bool active = await ActivateAsync(operation, provider, address, cancellationToken)
            || await WasOvertakenAsync(operation, provider, database, cancellationToken);
        directory.Forget(tenant.Uid);
        return active;
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
