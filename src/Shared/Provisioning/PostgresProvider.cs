using Freehold.Ai;
using Freehold.Migration;
using Freehold.Sql;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Makes and removes tenant databases on a PostgreSQL server of ours, by copying a migrated template. Every call asks first
/// what is there already, so each can be repeated after a crash. Nothing ever connects to a template once it is one.
/// </summary>
public sealed class PostgresProvider : IAsyncDisposable
{
    // Longer than the hosts trust what they know of a tenant.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(50);

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlDataSource _server;
    private readonly PostgresTemplate _template;
    private readonly OwnCredentialOptions _own;
    private readonly TimeProvider _time;

    /// <summary>Connects to nothing yet.</summary>
    public PostgresProvider(IOptions<ProvisioningOptions> options, EmbeddingModels models, TimeProvider time)
    {
        _own = options.Value.OwnCredentials;
        _time = time;
        NpgsqlConnectionStringBuilder settings = new(options.Value.Postgres.ConnectionString)
        {
            ApplicationName = "freehold provisioning",
            MaxPoolSize = 4,
            NoResetOnClose = true,
        };
        Host = settings.Host ?? throw new ArgumentException("The server's connection string names no host.", nameof(options));
        Port = settings.Port;
        _settings = settings;
        _server = NpgsqlDataSource.Create(settings);
        _template = new PostgresTemplate(_server, settings, MigrationScripts.Tenant(models.Default.Model.Id, models.Default.Model.Dimensions));
        EmbeddingModel = models.Default.Model.Id;
        Roles = new PostgresRoles(_server, _template, _own.StatementTimeout);
    }

    /// <summary>The server's host.</summary>
    public string Host { get; }

    /// <summary>The server's port.</summary>
    public int Port { get; }

    /// <summary>Schema version of new databases.</summary>
    public int SchemaVersion => _template.SchemaVersion;

    /// <summary>Id of the model whose vectors new databases hold.</summary>
    public string EmbeddingModel { get; }

    /// <summary>Name of the database that new ones are copied from.</summary>
    internal string TemplateName => _template.Name;

    /// <summary>Roles in tenants' databases.</summary>
    internal PostgresRoles Roles { get; }

    /// <summary>Makes the template for the present schema, if it is not there.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) => _template.FindOrMakeAsync(cancellationToken);

    /// <summary>Makes the database closed to everyone, if it is not there.</summary>
    internal async Task CreateDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        string template = await _template.FindOrMakeAsync(cancellationToken);
        try
        {
            await ExecuteAsync(
                $"create database {database.Name} template {template} strategy wal_log allow_connections false", cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // An earlier attempt came this far.
        }
    }

    /// <summary>Gives the database its role, and opens it to that role alone. One transaction.</summary>
    internal Task OpenDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        {PostgresRoles.RuntimeSql(database)}
        revoke all on database {database.Name} from public;
        alter database {database.Name} allow_connections true;
        """,
        cancellationToken);

    /// <summary>Lets the database's roles connect.</summary>
    internal Task OpenAccessAsync(string database, CancellationToken cancellationToken) =>
        UnlessGoneAsync(ExecuteAsync($"alter database {database} allow_connections true", cancellationToken));

    /// <summary>
    /// Lets nobody connect any more. What the service's own role is at may end, and its hosts get the time to close what they
    /// hold; everybody else is sent away at once.
    /// </summary>
    internal async Task CloseAccessAsync(string database, string runtimeRole, CancellationToken cancellationToken)
    {
        await UnlessGoneAsync(ExecuteAsync($"alter database {database} allow_connections false", cancellationToken));
        await SendAwayAsync(database, runtimeRole, cancellationToken);
        long started = _time.GetTimestamp();
        while (await CountSessionsAsync(database, cancellationToken) > 0 && _time.GetElapsedTime(started) < DrainTime)
        {
            await Task.Delay(DrainPause, _time, cancellationToken);
        }

        await SendAwayAsync(database, exceptRole: null, cancellationToken);
    }

    /// <summary>Brings a database to the newest schema.</summary>
    /// <returns>The version then reached.</returns>
    internal Task<int> MigrateAsync(string database, CancellationToken cancellationToken) =>
        _template.MigrateAsync(database, cancellationToken);

    /// <summary>Enters a database past its pool, as the owner of its tables.</summary>
    internal Task<NpgsqlConnection> OpenAsOwnerAsync(string database, CancellationToken cancellationToken) =>
        _template.OpenAsOwnerAsync(database, cancellationToken);

    /// <summary>How many of these there are.</summary>
    internal async Task<(int Databases, int Roles)> CountAsync(string? database, string[] roles, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _server.CreateCommand(
            "select (select count(*) from pg_database where datname = $1), (select count(*) from pg_roles where rolname = any ($2))");
        command.With(database).With(roles);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return ((int)reader.GetInt64(0), (int)reader.GetInt64(1));
    }

    /// <summary>
    /// Enters the database once as its role. At a database's first connection PostgreSQL collects what it knows of its own catalogs
    /// and writes it to a file; whoever comes next finds it, and a tenant's first search takes 10 ms instead of 15.
    /// </summary>
    internal async Task EnterOnceAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder entrance = new(_settings.ConnectionString)
        {
            Database = database.Name,
            Username = database.Role,
            Password = database.Password,
            Pooling = false,
        };
        NpgsqlDataSourceBuilder builder = new(entrance.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        await using NpgsqlDataSource tenant = builder.Build();
        await using NpgsqlConnection connection = await tenant.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>Drops the database and its role, whoever is connected.</summary>
    internal async Task RemoveAsync(string database, string role, CancellationToken cancellationToken)
    {
        await DropDatabaseAsync(database, cancellationToken);
        await Roles.DropAsync(null, role, cancellationToken);
    }

    /// <summary>Drops a database of ours, whoever is connected.</summary>
    internal Task DropDatabaseAsync(string database, CancellationToken cancellationToken) =>
        ExecuteAsync($"drop database if exists {database} with (force)", cancellationToken);

    /// <summary>What an installation has on this server, in one statement. Connects to no tenant's database.</summary>
    internal async Task<ServerInventory> ListAsync(string mark, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _server.CreateCommand(
            """
            select array(select datname::text from pg_database where datname ~ $1), array(select rolname::text from pg_roles where rolname ~ $1)
            """).With(TenantDatabase.NamesOf(mark));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ServerInventory(reader.GetFieldValue<string[]>(0), reader.GetFieldValue<string[]>(1));
    }

    /// <summary>How psql and drivers reach the database with this role.</summary>
    internal string UriOf(TenantDatabase database)
    {
        string host = Uri.CheckHostName(_own.PublicHost ?? Host) == UriHostNameType.IPv6 ? $"[{_own.PublicHost ?? Host}]" : _own.PublicHost ?? Host;
        return $"postgresql://{database.Role}:{database.Password}@{host}:{_own.PublicPort ?? Port}/{database.Name}?sslmode={_own.SslMode}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _template.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>A database that has been erased meanwhile needs no door.</summary>
    private static async Task UnlessGoneAsync(Task action)
    {
        try
        {
            await action;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
        }
    }

    private Task SendAwayAsync(string database, string? exceptRole, CancellationToken cancellationToken) => ExecuteAsync(
        $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}' and backend_type = 'client backend' and usename <> '{exceptRole}'",
        cancellationToken);

    private async Task<long> CountSessionsAsync(string database, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _server.CreateCommand($"select count(*) from pg_stat_activity where datname = '{database}' and backend_type = 'client backend'");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // Names are ours (t_ and hexadecimal digits) and the verifier is base64: nothing here comes from a user.
        await using NpgsqlCommand command = _server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
