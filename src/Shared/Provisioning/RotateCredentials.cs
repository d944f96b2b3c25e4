using Freehold.Provisioning.Moves;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Steps that give the service a new role in a tenant's database. The former role stays for a while, so that no request fails on any
/// host: each takes the new one within seconds, and closes connections of the former one as they come back.
/// </summary>
public sealed class RotateCredentials(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    DatabaseProviders providers,
    InstallationMark installation,
    CredentialCipher cipher,
    MoveBook moves,
    OperationLeases leases,
    TenantDirectory directory,
    IOptions<ProvisioningOptions> options)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    /// <returns>False when the operation was overtaken, or waits: for a move, or to be let in.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        OperationTenant tenant = operation.Tenant;
        progress.Step = "intent";
        IDatabaseProvider provider = providers.Of(tenant.Provider);
        if (!provider.ListsRoles && await tenants.FindPlacementAsync(tenant.Uid, cancellationToken) is { State: TenantState.Suspended })
        {
            // Roles are in the database, and nobody is let in to make one.
            await leases.AwaitAsync(
                operation, progress.Step, "The tenant is suspended. Its credentials are replaced when it is resumed.", Pause, cancellationToken);
            return false;
        }

        if (await FindIntentAsync(tenant, cancellationToken) is not { } database)
        {
            if (await moves.FindAsync(tenant.Uid, cancellationToken) is not null)
            {
                await leases.AwaitAsync(operation, progress.Step, "The tenant is moving. Its credentials are replaced when it is there.", Pause, cancellationToken);
                return false;
            }

            database = await WriteIntentAsync(operation, cancellationToken);
        }

        progress.Step = "role";
        await provider.Roles.CreateRuntimeAsync(database, cancellationToken);

        progress.Step = "switch";
        bool switched = await SwitchAsync(operation, database.Role, cancellationToken);
        if (!switched && !await IsNamedAsync(database.Role, cancellationToken))
        {
            // The tenant has been erased meanwhile: nothing that was made here may stay.
            await provider.Roles.DropAsync(database.Name, database.Role, cancellationToken);
        }

        directory.Forget(tenant.Uid);
        return switched;
    }

    /// <summary>A role that an earlier attempt began with.</summary>
    private async Task<TenantDatabase?> FindIntentAsync(OperationTenant tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                "select name, encrypted_password from catalog.database_roles where tenant_uid = $1 and encrypted_password is not null limit 1")
            .With(tenant.Uid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new TenantDatabase(tenant.Database!, reader.GetString(0), cipher.Open(tenant.Uid, reader.GetFieldValue<byte[]>(1)))
            : null;
    }

    private async Task<TenantDatabase> WriteIntentAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        OperationTenant tenant = operation.Tenant;
        TenantDatabase database = TenantDatabase.ChooseRole(await installation.FindAsync(cancellationToken), tenant.Database!);
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.database_roles (name, tenant_uid, purpose, encrypted_password, created_at)
                select $1, t.uid, 'runtime', $2, now()
                from catalog.operations o join catalog.tenants t on t.uid = o.tenant_uid
                where o.id = $3 and o.lease = $4 and t.state in ('active', 'suspended')
                    and not exists (select from catalog.moves m where m.tenant_uid = t.uid)
                """)
            .With(database.Role).With(cipher.Seal(tenant.Uid, database.Password)).With(operation.Id).With(operation.Lease);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1
            ? database
            : throw new LeaseLostException();
    }

    private async Task<bool> SwitchAsync(LeasedOperation operation, string role, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'switched', lease = null, next_attempt_at = null, failure = null, finished_at = now()
                    where id = $1 and lease = $2
                    returning tenant_uid),
                former as (select t.uid, t.role_name from catalog.tenants t join finished f on t.uid = f.tenant_uid),
                serving as (delete from catalog.database_roles where name = $3 and exists (select from finished) returning encrypted_password),
                retiring as (
                    insert into catalog.database_roles (name, tenant_uid, purpose, created_at, retire_at)
                    select role_name, uid, 'runtime', now(), now() + $4 from former)
                update catalog.tenants t set role_name = $3, encrypted_password = s.encrypted_password
                from former f, serving s where t.uid = f.uid
                """)
            .With(operation.Id).With(operation.Lease).With(role).With(options.Value.CredentialOverlap);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private async Task<bool> IsNamedAsync(string role, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select exists (select from catalog.database_roles where name = $1)
                    or exists (select from catalog.tenants where role_name = $1 and state <> 'deleted')
                """)
            .With(role);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
