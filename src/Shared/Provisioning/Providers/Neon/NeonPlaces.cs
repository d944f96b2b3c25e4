using Freehold.Neon;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// Which project each database is in. A row is there before the project is asked for and until after it is deleted, so that whoever goes
/// on after a crash knows that there may be one.
/// </summary>
internal sealed class NeonPlaces(CatalogDatabase catalog, CredentialCipher cipher)
{
    private const string Columns =
        """
        database_name, tenant_uid, project_id, branch_id, endpoint_id, host, pooler_host, encrypted_password, pending,
        (select t.plan from catalog.tenants t where t.uid = tenant_uid)
        """;

    /// <summary>Notes that the project is about to be asked for.</summary>
    /// <returns>Whether this is the first time.</returns>
    public async Task<bool> BeginAsync(string database, Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("insert into catalog.neon_projects (database_name, tenant_uid) values ($1, $2) on conflict do nothing")
            .With(database).With(tenantUid);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>The project of a database; null where none was ever asked for, or it is deleted.</summary>
    public async Task<NeonPlace?> FindAsync(string database, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command($"select {Columns} from catalog.neon_projects where database_name = $1").With(database);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new NeonPlace(
                reader.GetString(0),
                reader.GetGuid(1),
                reader.Optional<string>(2),
                reader.Optional<string>(3),
                reader.Optional<string>(4),
                reader.Optional<string>(5),
                reader.Optional<string>(6),
                reader.Optional<byte[]>(7),
                reader.GetFieldValue<string[]>(8),
                reader.Optional<string>(9))
            : null;
    }

    /// <summary>The project of a database, if it is known that it was made.</summary>
    public async Task<NeonPlace?> FindMadeAsync(string database, CancellationToken cancellationToken) =>
        await FindAsync(database, cancellationToken) is { ProjectId: not null } place ? place : null;

    /// <summary>The project of a database.</summary>
    /// <exception cref="DatabaseGoneException">There is none.</exception>
    public async Task<NeonPlace> RequireAsync(string database, CancellationToken cancellationToken) =>
        await FindMadeAsync(database, cancellationToken) ?? throw new DatabaseGoneException(database);

    /// <summary>Writes down the project that was made, unless another is written down, or nobody wants it any more.</summary>
    /// <returns>Whether it is this one that is written down.</returns>
    public async Task<bool> KeepAsync(string database, NeonTenantProject project, CancellationToken cancellationToken)
    {
        if (await FindAsync(database, cancellationToken) is not { } place)
        {
            return false;
        }

        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.neon_projects
                set project_id = $2, branch_id = $3, endpoint_id = $4, host = $5, pooler_host = $6, encrypted_password = $7, pending = $8
                where database_name = $1 and (project_id is null or project_id = $2)
                """)
            .With(database).With(project.ProjectId).With(project.BranchId).With(project.EndpointId).With(project.Host).With(project.PoolerHost)
            .With(cipher.Seal(place.TenantUid, project.Password)).With(project.Operations.Select(operation => operation.Id).ToArray());
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>The operations that had to be waited for have ended.</summary>
    public Task SettleAsync(NeonPlace place, CancellationToken cancellationToken) => ExecuteAsync(
        "update catalog.neon_projects set pending = '{}' where database_name = $1 and project_id is not distinct from $2", place, cancellationToken);

    /// <summary>Forgets a project that is deleted; not another that has been made since.</summary>
    /// <returns>Whether it was there.</returns>
    public Task<bool> ForgetAsync(NeonPlace place, CancellationToken cancellationToken) => ExecuteAsync(
        "delete from catalog.neon_projects where database_name = $1 and project_id is not distinct from $2", place, cancellationToken);

    /// <summary>The project of each of these databases, where it is known.</summary>
    public async Task<IReadOnlyDictionary<string, string>> FindIdsAsync(string[] databases, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select database_name, project_id from catalog.neon_projects where database_name = any ($1) and project_id is not null")
            .With(databases);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, string> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0), reader.GetString(1));
        }

        return ids;
    }

    private async Task<bool> ExecuteAsync(string sql, NeonPlace place, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(sql).With(place.Database).With(place.ProjectId);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
