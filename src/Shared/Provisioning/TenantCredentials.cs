using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>A role of a tenant's own in its database. <paramref name="Uri"/> is set in the answer that made it, and never again.</summary>
public sealed record TenantCredential(string Role, DateTimeOffset CreatedAt, DateTimeOffset? RetiresAt, string? Uri = null);

/// <summary>
/// Credentials of the tenant's own, for psql or any driver: a role that reads its own database and nothing else. A new one replaces
/// the former, which stays good for <see cref="ProvisioningOptions.CredentialOverlap"/>.
/// </summary>
public sealed class TenantCredentials(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    DatabaseProviders providers,
    InstallationMark installation,
    Regions regions,
    Plans plans,
    IOptions<ProvisioningOptions> options,
    TimeProvider time)
{
    private const int MostConnections = 8;

    /// <summary>Makes a role and gives its Postgres URI.</summary>
    public async Task<TenantCredential> IssueAsync(TenantId id, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await FindAsync(id, cancellationToken);
        regions.RequireHere(tenant.Region);
        if (tenant.State != TenantState.Active)
        {
            throw new TenantNotReadyException(tenant.State);
        }

        IDatabaseProvider provider = providers.Of(tenant.Provider);
        TenantDatabase database = TenantDatabase.ChooseRole(await installation.FindAsync(cancellationToken), tenant.Database!);
        DateTimeOffset now = time.GetUtcNow();

        // A role that is not announced when its lease is over belongs to a call that died.
        DateTimeOffset leaseUntil = await WriteIntentAsync(tenant, database.Role, now, cancellationToken);

        int connections = ConnectionsOf(tenant);
        int schemaVersion = await MakeAsync(tenant, database, connections, cancellationToken);
        if (!await AnnounceAsync(database.Role, leaseUntil, schemaVersion, connections, cancellationToken))
        {
            await provider.Roles.DropAsync(database.Name, database.Role, CancellationToken.None);
            throw new TenantNotReadyException(TenantState.Deleting);
        }

        return new TenantCredential(database.Role, now, null, await provider.UriOfAsync(database, cancellationToken));
    }

    /// <summary>The tenant's own roles, oldest first.</summary>
    public async Task<IReadOnlyList<TenantCredential>> ListAsync(TenantId id, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await FindAsync(id, cancellationToken);
        await using NpgsqlCommand command = catalog.Command(
                "select name, created_at, retire_at from catalog.database_roles where tenant_uid = $1 and purpose = 'own' order by created_at")
            .With(tenant.Uid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<TenantCredential> credentials = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            credentials.Add(new TenantCredential(
                reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.Optional<DateTimeOffset?>(2)));
        }

        return credentials;
    }

    /// <summary>
    /// Takes all of the tenant's own roles away: none of them opens its database any more. Where roles are in the database and nobody is let in, they
    /// are dropped when it is opened again.
    /// </summary>
    public async Task RevokeAsync(TenantId id, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await FindAsync(id, cancellationToken);
        regions.RequireHere(tenant.Region);
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add("update catalog.database_roles set retire_at = now() where tenant_uid = $1 and purpose = 'own'").With(tenant.Uid);
        AuditLog.Add(batch, Caller.Admin(), "credentials-revoked", tenant.Id, tenant.Uid, null);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        IDatabaseProvider provider = providers.Of(tenant.Provider);
        if (tenant.State != TenantState.Active && !provider.ListsRoles)
        {
            return;
        }

        try
        {
            foreach (TenantCredential credential in await ListAsync(id, cancellationToken))
            {
                await DropAsync(provider.Roles, tenant.Database, credential.Role, cancellationToken);
            }
        }
        catch (PostgresException exception) when (TenantRoutes.IsOverQuota(exception))
        {
            // Nobody gets in. They are dropped as soon as somebody does: see RetireRoles.
        }
        catch (PostgresException exception) when (TenantRoutes.IsTurnedAway(tenant, exception))
        {
            throw new ServerUnavailableException("The tenant's database", exception);
        }
    }

    /// <summary>Drops the tenant's own roles that are revoked, or whose time is over.</summary>
    internal async Task DropRevokedAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                "select array_agg(name) from catalog.database_roles where tenant_uid = $1 and purpose = 'own' and retire_at <= now()")
            .With(tenant.Uid);
        foreach (string role in await command.ExecuteScalarAsync(cancellationToken) as string[] ?? [])
        {
            await DropAsync(providers.Of(tenant.Provider).Roles, tenant.Database, role, cancellationToken);
        }
    }

    /// <summary>Gives the tenant's own roles the limits of its plan. Its database is not entered where they have them.</summary>
    internal async Task ApplyLimitsAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        int connections = ConnectionsOf(tenant);
        await using NpgsqlCommand find = catalog.Command(
                """
                select array_agg(name) from catalog.database_roles
                where tenant_uid = $1 and purpose = 'own' and (retire_at is null or retire_at > now()) and connection_limit is distinct from $2
                """)
            .With(tenant.Uid).With(connections);
        foreach (string role in await find.ExecuteScalarAsync(cancellationToken) as string[] ?? [])
        {
            await providers.Of(tenant.Provider).Roles.LimitAsync(tenant.Database!, role, connections, cancellationToken);
            await using NpgsqlCommand note = catalog
                .Command("update catalog.database_roles set connection_limit = $2 where name = $1").With(role).With(connections);
            await note.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Drops a role of which nothing is needed any more, and then forgets it.</summary>
    internal async Task DropAsync(IDatabaseRoles roles, string? database, string role, CancellationToken cancellationToken)
    {
        await roles.DropAsync(database, role, cancellationToken);
        await using NpgsqlCommand command = catalog.Command("delete from catalog.database_roles where name = $1").With(role);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private int ConnectionsOf(TenantPlacement tenant) => Math.Min(plans.Of(tenant.Plan).Connections ?? MostConnections, MostConnections);

    private async Task<TenantPlacement> FindAsync(TenantId id, CancellationToken cancellationToken) =>
        await tenants.FindPlacementAsync(id, cancellationToken) ?? throw new TenantNotFoundException();

    private async Task<DateTimeOffset> WriteIntentAsync(
        TenantPlacement tenant, string role, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                insert into catalog.database_roles (name, tenant_uid, purpose, created_at, retire_at)
                select $1, $2, 'own', $3, now() + $4 where not exists (select from catalog.moves where tenant_uid = $2)
                returning retire_at
                """)
            .With(role).With(tenant.Uid).With(now).With(options.Value.Lease);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? reader.GetFieldValue<DateTimeOffset>(0)
            : throw new ImpossibleNowException(
                "tenant-moving", "The tenant's database is being moved, and credentials of where it was end with it. Ask again when the move is done.");
    }

    /// <returns>The schema version then reached.</returns>
    private async Task<int> MakeAsync(TenantPlacement tenant, TenantDatabase database, int connections, CancellationToken cancellationToken)
    {
        IDatabaseProvider provider = providers.Of(tenant.Provider);
        try
        {
            // Databases made before there were such roles lack their rights.
            int schemaVersion = await provider.MigrateAsync(database.Name, cancellationToken);
            await provider.Roles.CreateOwnAsync(database, connections, cancellationToken);
            return schemaVersion;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState)
        {
            // Closed since it was looked at.
            throw new TenantNotReadyException(TenantState.Suspended);
        }
        catch (PostgresException exception) when (TenantRoutes.IsOverQuota(exception))
        {
            throw new DatabaseOverQuotaException(await tenants.NoteOverQuotaAsync(tenant.Uid, cancellationToken));
        }
        catch (PostgresException exception) when (TenantRoutes.IsTurnedAway(tenant, exception))
        {
            throw new ServerUnavailableException("The tenant's database", exception);
        }
    }

    /// <summary>The role is good from now on, and those before it for a while.</summary>
    /// <returns>False when the tenant is no longer served, or the call has taken so long that the role was taken for a leftover.</returns>
    private async Task<bool> AnnounceAsync(
        string role, DateTimeOffset leaseUntil, int schemaVersion, int connections, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with announced as (
                    update catalog.database_roles r set retire_at = null, connection_limit = $6
                    from catalog.tenants t where r.name = $1 and r.retire_at = $4 and t.uid = r.tenant_uid and t.state in ('active', 'suspended')
                    returning t.uid, t.id),
                noted as (
                    insert into catalog.audit (actor, action, tenant_id, tenant_uid, details)
                    select $3, 'credentials-issued', id, uid, jsonb_build_object('role', $1::text) from announced),
                migrated as (
                    update catalog.tenants t set schema_version = $5 from announced a where t.uid = a.uid and t.schema_version < $5),
                replaced as (
                    update catalog.database_roles r set retire_at = now() + $2 from announced a
                    where r.tenant_uid = a.uid and r.purpose = 'own' and r.retire_at is null and r.name <> $1)
                select count(*) from announced
                """)
            .With(role).With(options.Value.CredentialOverlap).With(Caller.Admin().Name).With(leaseUntil).With(schemaVersion)
            .With(connections);
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }

    /// <summary>All roles in the tenant's database besides the one that serves.</summary>
    internal async Task<IReadOnlyList<string>> RolesAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select array_agg(name) from catalog.database_roles where tenant_uid = $1").With(tenantUid);
        return await command.ExecuteScalarAsync(cancellationToken) as string[] ?? [];
    }
}
