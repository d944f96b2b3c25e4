using Freehold.Ai;
using Freehold.Migration;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>
/// Makes and removes tenant databases on a PostgreSQL server of ours, by copying a migrated template. Every call asks first
/// what is there already, so each can be repeated after a crash. Nothing ever connects to a template once it is one.
/// </summary>
internal sealed class PostgresProvider : IDatabaseProvider, IAsyncDisposable
{
    private const int NamesPerPage = 5_000;

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlDataSource _server;
    private readonly PostgresTemplate _template;
    private readonly RoleSql _roleSql;
    private readonly PostgresSite _site;
    private readonly PostgresDoor _door;

    /// <summary>Connects to nothing yet.</summary>
    public PostgresProvider(PostgresSite site, EmbeddingModels models, TimeProvider time)
    {
        _site = site;
        NpgsqlConnectionStringBuilder settings = new(site.ConnectionString)
        {
            ApplicationName = "freehold provisioning",
            MaxPoolSize = 4,
            NoResetOnClose = true,
        };
        Address = new DatabaseAddress(
            settings.Host ?? throw new ArgumentException("The server's connection string names no host.", nameof(site)), settings.Port);
        _settings = settings;
        _server = NpgsqlDataSource.Create(settings);
        SchemaOwner schema = new(MigrationScripts.Tenant(models.Default.Model.Id, models.Default.Model.Dimensions));
        SchemaVersion = schema.SchemaVersion;
        _door = new PostgresDoor(_server, time);
        _template = new PostgresTemplate(_server, settings, schema);
        EmbeddingModel = models.Default.Model.Id;
        _roleSql = new RoleSql(site.ClearPasswords, site.Own.StatementTimeout);
        Roles = new PostgresRoles(_server, _template, _roleSql);
    }

    /// <inheritdoc/>
    public string Name => _site.Provider;

    /// <inheritdoc/>
    public DatabaseAddress Address { get; }

    /// <inheritdoc/>
    public int SchemaVersion { get; }

    /// <inheritdoc/>
    public string EmbeddingModel { get; }

    /// <summary>Name of the database that new ones are copied from.</summary>
    public string Template => _template.Name;

    /// <inheritdoc/>
    public bool HasTerms(string plan) => false;

    /// <inheritdoc/>
    public bool ListsRoles => true;

    /// <inheritdoc/>
    public IDatabaseRoles Roles { get; }

    /// <summary>Makes the template for the present schema, if it is not there.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) => _template.FindOrMakeAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<DatabaseAddress> CreateDatabaseAsync(TenantDatabase database, DatabaseTerms terms, CancellationToken cancellationToken)
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

        return Address;
    }

    /// <summary>Gives the database its role, and opens it to that role alone. One transaction.</summary>
    public Task OpenDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        {_roleSql.Runtime(database)}
        revoke all on database {database.Name} from public;
        alter database {database.Name} allow_connections true;
        """,
        cancellationToken);

    /// <inheritdoc/>
    public Task ApplyTermsAsync(string database, DatabaseTerms terms, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OpenAccessAsync(string database, CancellationToken cancellationToken) => _door.OpenAsync(database, cancellationToken);

    /// <inheritdoc/>
    public Task CloseAccessAsync(string database, string runtimeRole, CancellationToken cancellationToken) =>
        _door.CloseAsync(database, runtimeRole, cancellationToken);

    /// <inheritdoc/>
    public Task<int> MigrateAsync(string database, CancellationToken cancellationToken) =>
        _template.MigrateAsync(database, cancellationToken);

    /// <inheritdoc/>
    public Task<NpgsqlConnection> OpenAsOwnerAsync(string database, CancellationToken cancellationToken) =>
        _template.OpenAsOwnerAsync(database, cancellationToken);

    /// <inheritdoc/>
    public async Task<DatabaseInventory> FindAsync(
        IReadOnlyList<string> databases, IReadOnlyList<string> roles, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _server.CreateCommand(
            """
            select array(select datname::text from pg_database where datname = any ($1)), array(select rolname::text from pg_roles where rolname = any ($2))
            """);
        command.With(databases.ToArray()).With(roles.ToArray());
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new DatabaseInventory(reader.GetFieldValue<string[]>(0), reader.GetFieldValue<string[]>(1));
    }

    /// <summary>
    /// Enters the database once as its role. At a database's first connection PostgreSQL collects what it knows of its own catalogs
    /// and writes it to a file; whoever comes next finds it, and a tenant's first search takes 10 ms instead of 15.
    /// </summary>
    public async Task RestAsync(TenantDatabase database, CancellationToken cancellationToken)
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

    /// <inheritdoc/>
    public async Task RemoveAsync(string database, string role, CancellationToken cancellationToken)
    {
        await DropDatabaseAsync(database, cancellationToken);
        await Roles.DropAsync(null, role, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DropDatabaseAsync(string database, CancellationToken cancellationToken) =>
        ExecuteAsync($"drop database if exists {database} with (force)", cancellationToken);

    /// <inheritdoc/>
    public async Task<InventoryPage> ListAsync(string mark, string? after, CancellationToken cancellationToken)
    {
        // A database and its role may have one name, and then come in one page.
        await using NpgsqlCommand command = _server.CreateCommand(
                """
                select name, bool_or(is_database), bool_or(not is_database)
                from (
                    select datname::text collate "C" as name, true as is_database from pg_database
                    union all
                    select rolname::text collate "C", false from pg_roles) named
                where name ~ $1 and name > $2
                group by name order by name limit $3
                """)
            .With(TenantDatabase.NamesOf(mark)).With(after ?? string.Empty).With(NamesPerPage);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> databases = [];
        List<string> roles = [];
        string? last = null;
        for (int i = 1; await reader.ReadAsync(cancellationToken); i++)
        {
            string name = reader.GetString(0);
            if (reader.GetBoolean(1))
            {
                databases.Add(name);
            }

            if (reader.GetBoolean(2))
            {
                roles.Add(name);
            }

            last = i == NamesPerPage ? name : null;
        }

        return new InventoryPage(databases, roles, last);
    }

    /// <inheritdoc/>
    public ProviderRecovery RecoveryOf(DateTimeOffset removedAt) => _site.RecoveryOf(removedAt);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DatabaseConsumption>> ReadConsumptionAsync(
        IReadOnlyList<string> databases, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DatabaseConsumption>>([]);

    /// <inheritdoc/>
    public Task<string> UriOfAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        OwnCredentialOptions own = _site.Own;
        string name = own.PublicHost ?? Address.Host;
        string host = Uri.CheckHostName(name) == UriHostNameType.IPv6 ? $"[{name}]" : name;
        return Task.FromResult(
            $"postgresql://{database.Role}:{database.Password}@{host}:{own.PublicPort ?? Address.Port}/{database.Name}?sslmode={own.SslMode}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _template.Dispose();
        await _server.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // Names are ours (t_ and hexadecimal digits) and the verifier is base64: nothing here comes from a user.
        await using NpgsqlCommand command = _server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
