using Npgsql;

namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>
/// Roles on a PostgreSQL server of ours: those of the whole server, which nobody logs in as, and those that enter one tenant's
/// database. Every call asks first what is there already.
/// </summary>
internal sealed class PostgresRoles(NpgsqlDataSource server, PostgresTemplate template, RoleSql sql)
    : IDatabaseRoles
{
    /// <inheritdoc/>
    public Task CreateRuntimeAsync(TenantDatabase database, CancellationToken cancellationToken) =>
        ExecuteAsync(sql.Runtime(database), cancellationToken);

    /// <inheritdoc/>
    public Task CreateOwnAsync(TenantDatabase database, int connections, CancellationToken cancellationToken) =>
        ExecuteAsync(sql.Own(database, connections), cancellationToken);

    /// <inheritdoc/>
    public Task LimitAsync(string database, string role, int connections, CancellationToken cancellationToken) =>
        ExecuteAsync(RoleSql.Limit(role, connections), cancellationToken);

    /// <inheritdoc/>
    public async Task DropAsync(string? database, string role, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            $"""
            do $$ declare entered name; begin
                if exists (select from pg_roles where rolname = '{role}') then
                    alter role {role} nologin;
                end if;
                for entered in
                    select d.datname from pg_database d, aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee where r.rolname = '{role}'
                loop
                    execute format('revoke all on database %I from {role}', entered);
                end loop;
            end $$
            """,
            cancellationToken);
        string drop = $"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'; drop role if exists {role}";
        try
        {
            await ExecuteAsync(drop, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DependentObjectsStillExist && database is not null)
        {
            // A large object, or default privileges: PostgreSQL lets any role that may connect make those.
            await template.ExecuteInAsync(database, $"drop owned by {role}", cancellationToken);
            await ExecuteAsync(drop, cancellationToken);
        }
    }

    private async Task ExecuteAsync(string text, CancellationToken cancellationToken)
    {
        // Names are ours; see RoleSql.
        await using NpgsqlCommand command = server.CreateCommand(text);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
