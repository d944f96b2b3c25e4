using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Steps that make a tenant active: its database, its role, then the catalog says so.</summary>
public sealed class ProvisionTenant(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    PostgresProvider provider,
    InstallationMark installation,
    CredentialCipher cipher,
    TenantDirectory directory)
{
    /// <returns>Whether the tenant is active.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        OperationTenant tenant = operation.Tenant;
        progress.Step = "database";
        if (tenant.Database is null)
        {
            tenant = await PlaceAsync(operation, cancellationToken);
        }

        TenantDatabase database = new(tenant.Database!, tenant.Role!, cipher.Open(tenant.Uid, tenant.EncryptedPassword));
        await provider.CreateDatabaseAsync(database, cancellationToken);

        progress.Step = "credentials";
        await provider.OpenDatabaseAsync(database, cancellationToken);

        progress.Step = "active";
        bool active = await ActivateAsync(operation, cancellationToken) || await WasOvertakenAsync(operation, database, cancellationToken);
        directory.Forget(tenant.Uid);
        return active;
    }

    /// <summary>Chooses names for a tenant that was asked for in another region, and writes them down before anything is made.</summary>
    /// <exception cref="LeaseLostException">Somebody else is at it.</exception>
    private async Task<OperationTenant> PlaceAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        TenantDatabase chosen = TenantDatabase.Choose(await installation.FindAsync(cancellationToken));
        OperationTenant tenant = operation.Tenant with
        {
            Database = chosen.Name,
            Role = chosen.Role,
            EncryptedPassword = cipher.Seal(operation.Tenant.Uid, chosen.Password),
        };
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants t set host = $3, port = $4, database_name = $5, role_name = $6, encrypted_password = $7
                from catalog.operations o
                where o.id = $1 and o.lease = $2 and t.uid = o.tenant_uid and t.database_name is null
                """)
            .With(operation.Id).With(operation.Lease).With(provider.Host).With(provider.Port)
            .With(tenant.Database).With(tenant.Role).With(tenant.EncryptedPassword);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? tenant : throw new LeaseLostException();
    }

    /// <summary>Somebody else has carried the operation on. If the tenant has been erased since, nothing that was made here may stay.</summary>
    private async Task<bool> WasOvertakenAsync(LeasedOperation operation, TenantDatabase database, CancellationToken cancellationToken)
    {
        TenantPlacement? tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken);
        if (tenant is null or { State: TenantState.Deleted })
        {
            await provider.RemoveAsync(database.Name, database.Role, cancellationToken);
        }

        return tenant?.State == TenantState.Active;
    }

    private async Task<bool> ActivateAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'active', lease = null, next_attempt_at = null, failure = null, finished_at = now()
                    where id = $1 and lease = $2
                    returning tenant_uid)
                update catalog.tenants t
                set state = 'active', schema_version = $3, embedding_model = $4, ready_at = now(), failure = null
                from finished f
                where t.uid = f.tenant_uid and t.state = 'provisioning'
                """)
            .With(operation.Id).With(operation.Lease).With(provider.SchemaVersion).With(provider.EmbeddingModel);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
