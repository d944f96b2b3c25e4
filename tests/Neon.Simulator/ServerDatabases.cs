using Npgsql;

namespace Freehold.Neon.Simulator;

/// <summary>
/// Projects' roles and databases on one real PostgreSQL, where they must differ from one another. A project's first role may make roles and
/// databases there, as on Neon, and no more.
/// </summary>
internal sealed class ServerDatabases(string? connectionString) : IAsyncDisposable
{
    // To drop a database takes a checkpoint, however long that lasts.
    private readonly NpgsqlDataSource? _server = connectionString is null
        ? null
        : NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 });

    public Task CreateRoleAsync(string role, string password) =>
        ExecuteAsync($"CREATE ROLE {Name(role)} LOGIN CREATEROLE CREATEDB PASSWORD {Text(password)}");

    /// <summary>Makes a database with the extensions that a project's role may make on Neon, and may not here.</summary>
    public async Task CreateDatabaseAsync(string database, string owner)
    {
        await ExecuteAsync($"CREATE DATABASE {Name(database)} OWNER {Name(owner)}");
        if (connectionString is null)
        {
            return;
        }

        NpgsqlConnectionStringBuilder there = new(connectionString) { Database = database, Pooling = false };
        await using NpgsqlConnection connection = new(there.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new("CREATE EXTENSION vector", connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Cuts whoever is connected, past the gateway too, and lets nobody in; or lets them in again.</summary>
    public async Task SetOpenAsync(string database, bool open)
    {
        await ExecuteAsync($"ALTER DATABASE {Name(database)} ALLOW_CONNECTIONS {(open ? "true" : "false")}");
        if (!open)
        {
            await ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {Text(database)}");
        }
    }

    /// <summary>
    /// Drops databases, then roles: these, and those that could log in, were made by SQL, and had rights in these databases alone.
    /// </summary>
    public async Task DropAsync(IReadOnlyCollection<string> databases, IReadOnlyCollection<string> roles)
    {
        if (_server is null)
        {
            return;
        }

        HashSet<string> rolesToDrop = [.. roles];
        foreach (string database in databases)
        {
            rolesToDrop.UnionWith(await RolesOfAsync(database));
            await ExecuteAsync($"DROP DATABASE IF EXISTS {Name(database)} WITH (FORCE)");
        }

        foreach (string role in rolesToDrop)
        {
            try
            {
                await ExecuteAsync($"DROP ROLE IF EXISTS {Name(role)}");
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
            {
                // It has rights in another database as well.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private async Task<List<string>> RolesOfAsync(string database)
    {
        List<string> roles = [];
        await using NpgsqlCommand command = _server!.CreateCommand("""
            SELECT DISTINCT r.rolname
            FROM pg_database d
            JOIN pg_shdepend s ON s.dbid = d.oid OR (s.classid = 'pg_database'::regclass AND s.objid = d.oid)
            JOIN pg_roles r ON s.refclassid = 'pg_authid'::regclass AND r.oid = s.refobjid
            WHERE d.datname = $1 AND r.rolcanlogin AND NOT r.rolsuper
            """);
        command.Parameters.Add(new() { Value = database });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            roles.Add(reader.GetString(0));
        }

        return roles;
    }

    private async Task ExecuteAsync(string sql)
    {
        if (_server is null)
        {
            return;
        }

        try
        {
            // Names and passwords of statements like these cannot be parameters.
            await using NpgsqlCommand command = _server.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.DuplicateDatabase)
        {
            throw new RefusedException(422, exception.MessageText);
        }
    }
}
