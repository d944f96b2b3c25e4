using Freehold.Postgres;
using Npgsql;

namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>
/// Roles on a PostgreSQL server of ours: those of the whole server, which nobody logs in as, and those that enter one tenant's
/// database. Every call asks first what is there already.
/// </summary>
internal sealed class PostgresRoles(NpgsqlDataSource server, PostgresTemplate template, TimeSpan statementTimeout)
    : IDatabaseRoles
{
    /// <summary>Owns the objects in every tenant database; nobody logs in as it.</summary>
    public const string Owner = "freehold_owner";

    /// <summary>Holds the rights on rows; a tenant's runtime role is a member, and may connect to its own database only.</summary>
    public const string Runtime = "freehold_runtime";

    /// <summary>Holds the right to read; roles of tenants' own are members, each with the right to connect to its own database only.</summary>
    public const string Reader = "freehold_reader";

    /// <summary>What makes a role that serves in the database, or gives the one that is there this password.</summary>
    public static string RuntimeSql(TenantDatabase database) => Sql(database, Runtime, ScramVerifier.FewestIterations);

    /// <inheritdoc/>
    public Task CreateRuntimeAsync(TenantDatabase database, CancellationToken cancellationToken) =>
        ExecuteAsync(RuntimeSql(database), cancellationToken);

    /// <inheritdoc/>
    public Task CreateOwnAsync(TenantDatabase database, int connections, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        {Sql(database, Reader, ScramVerifier.UsualIterations)}
        alter role {database.Role} set default_transaction_read_only = on;
        alter role {database.Role} set statement_timeout = '{(long)statementTimeout.TotalMilliseconds}ms';
        alter role {database.Role} connection limit {connections};
        """,
        cancellationToken);

    /// <inheritdoc/>
    public Task LimitAsync(string database, string role, int connections, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        do $$ begin
            if exists (select from pg_roles where rolname = '{role}') then
                alter role {role} connection limit {connections};
            end if;
        end $$
        """,
        cancellationToken);

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

    private static string Sql(TenantDatabase database, string rights, int iterations) =>
        $"""
        do $$ begin
            if not exists (select from pg_roles where rolname = '{database.Role}') then
                create role {database.Role} login;
            end if;
        end $$;
        alter role {database.Role} password '{ScramVerifier.Make(database.Password, iterations)}';
        alter role {database.Role} set jit = off;
        grant {rights} to {database.Role};
        grant connect on database {database.Name} to {database.Role};
        """;

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // Names are ours (t_ and hexadecimal digits) and the verifier is base64: nothing here comes from a user.
        await using NpgsqlCommand command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
