using Npgsql;

namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>
/// The database that new tenant databases are copied from: migrated, empty, closed to connections. Its name carries the schema
/// version and a fingerprint of the scripts, so that another version of this program makes one of its own.
/// </summary>
internal sealed class PostgresTemplate(NpgsqlDataSource server, NpgsqlConnectionStringBuilder settings, SchemaOwner schema) : IDisposable
{
    private const long LockKey = 4_617_315_517_961_601_025;

    private readonly SemaphoreSlim _making = new(1);
    private bool _isThere;

    public string Name { get; } = $"freehold_template_v{schema.SchemaVersion}_{schema.Fingerprint}";

    /// <summary>Makes the template unless it is there.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> FindOrMakeAsync(CancellationToken cancellationToken)
    {
        if (_isThere)
        {
            return Name;
        }

        await _making.WaitAsync(cancellationToken);
        try
        {
            if (!_isThere)
            {
                await MakeOnceAsync(cancellationToken);
                _isThere = true;
            }
        }
        finally
        {
            _making.Release();
        }

        return Name;
    }

    public void Dispose() => _making.Dispose();

    private async Task MakeOnceAsync(CancellationToken cancellationToken)
    {
        // One maker at a time over all hosts: the lock is the session's, and goes with it if this process dies.
        NpgsqlConnectionStringBuilder unpooled = new(settings.ConnectionString) { Pooling = false };
        await using NpgsqlConnection session = new(unpooled.ConnectionString);
        await session.OpenAsync(cancellationToken);
        await ExecuteAsync(session, $"select pg_advisory_lock({LockKey})", cancellationToken);
        if (await ExistsAsync(cancellationToken))
        {
            return;
        }

        await PrepareServerAsync(session, cancellationToken);
        string unfinished = $"{Name}_unfinished";
        await ExecuteAsync(session, $"drop database if exists {unfinished} with (force)", cancellationToken);
        await ExecuteAsync(session, $"create database {unfinished} template template0", cancellationToken);
        await ExecuteAsync(session, $"revoke all on database {unfinished} from public", cancellationToken);
        await MigrateAsync(unfinished, cancellationToken);
        await ExecuteAsync(
            session,
            $"""
            alter database {unfinished} rename to {Name};
            alter database {Name} with allow_connections false is_template true;
            """,
            cancellationToken);
    }

    private async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = server.CreateCommand("select exists (select from pg_database where datname = $1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Name });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Roles of the whole server, and the doors that PostgreSQL leaves open to every role.</summary>
    private static async Task PrepareServerAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await SchemaOwner.MakeRolesAsync(session, cancellationToken);

        // Where the operator's role does not own them (a managed server), this warns and changes nothing.
        await ExecuteAsync(session, "revoke connect on database postgres, template1 from public", cancellationToken);
    }

    /// <summary>Brings a database that takes connections to the newest schema.</summary>
    /// <returns>The version then reached.</returns>
    public async Task<int> MigrateAsync(string database, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await OpenAsync(database, cancellationToken);
        return await schema.MigrateAsync(connection, cancellationToken);
    }

    /// <summary>Enters a database that takes connections as the owner of its tables.</summary>
    public async Task<NpgsqlConnection> OpenAsOwnerAsync(string database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await OpenAsync(database, cancellationToken);
        try
        {
            await SchemaOwner.BecomeOwnerAsync(connection, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does something in a database that takes connections, as the operator's role.</summary>
    public async Task ExecuteInAsync(string database, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await OpenAsync(database, cancellationToken);
        await ExecuteAsync(connection, sql, cancellationToken);
    }

    private async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder target = new(settings.ConnectionString) { Database = database, Pooling = false };
        NpgsqlConnection connection = new(target.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Names are ours; nothing here comes from a user.
        await using NpgsqlCommand command = new(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
