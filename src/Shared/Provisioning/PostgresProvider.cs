using Freehold.Ai;
using Freehold.Migration;
using Freehold.Postgres;
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
    /// <summary>Owns the objects in every tenant database; nobody logs in as it.</summary>
    internal const string OwnerRole = "freehold_owner";

    /// <summary>Holds the rights on rows; a tenant's runtime role is a member, and may connect to its own database only.</summary>
    internal const string RuntimeRole = "freehold_runtime";

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly NpgsqlDataSource _server;
    private readonly PostgresTemplate _template;

    /// <summary>Connects to nothing yet.</summary>
    public PostgresProvider(IOptions<ProvisioningOptions> options, EmbeddingModel model)
    {
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
        _template = new PostgresTemplate(_server, settings, MigrationScripts.Tenant(model.Id, model.Dimensions));
    }

    /// <summary>The server's host.</summary>
    public string Host { get; }

    /// <summary>The server's port.</summary>
    public int Port { get; }

    /// <summary>Schema version of new databases.</summary>
    public int SchemaVersion => _template.SchemaVersion;

    /// <summary>Name of the database that new ones are copied from.</summary>
    internal string TemplateName => _template.Name;

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
    internal Task OpenDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        string role = database.Role;
        return ExecuteAsync(
            $"""
            do $$ begin
                if not exists (select from pg_roles where rolname = '{role}') then
                    create role {role} login;
                end if;
            end $$;
            alter role {role} password '{ScramVerifier.Make(database.Password)}';
            alter role {role} set jit = off;
            grant {RuntimeRole} to {role};
            revoke all on database {database.Name} from public;
            grant connect on database {database.Name} to {role};
            alter database {database.Name} allow_connections true;
            """,
            cancellationToken);
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
        await DropRoleAsync(role, cancellationToken);
    }

    /// <summary>Drops a database of ours, whoever is connected.</summary>
    internal Task DropDatabaseAsync(string database, CancellationToken cancellationToken) =>
        ExecuteAsync($"drop database if exists {database} with (force)", cancellationToken);

    /// <summary>Drops a role of ours, with its right to enter databases that stay.</summary>
    internal Task DropRoleAsync(string role, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        do $$ declare entered name; begin
            for entered in
                select d.datname from pg_database d, aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee where r.rolname = '{role}'
            loop
                execute format('revoke all on database %I from {role}', entered);
            end loop;
            drop role if exists {role};
        end $$
        """,
        cancellationToken);

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
