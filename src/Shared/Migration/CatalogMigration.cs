using Freehold.Tenants;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Migration;

/// <summary>
/// Makes and migrates the control database, and a work store of its own, when a host starts. A server that is away does not stop the host: requests answer
/// 503 and this tries again until it is there.
/// </summary>
public sealed class CatalogMigration(
    CatalogDatabase catalog, WorkStore work, TimeProvider time, ILogger<CatalogMigration> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Whether the control database and the work store have the schema that this program needs.</summary>
    public bool Completed { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!Completed)
        {
            try
            {
                await MigrateAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.CatalogUnavailable(logger, exception);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    /// <summary>Makes the control database, and the work store where it is another, if there is none, and migrates them.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await MakeAsync(catalog.ConnectionString, MigrationScripts.Catalog, cancellationToken);
        if (work.ConnectionString is not null)
        {
            await MakeAsync(work.ConnectionString, MigrationScripts.Work, cancellationToken);
        }

        Completed = true;
    }

    private static async Task MakeAsync(string connectionString, IReadOnlyList<MigrationScript> scripts, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder settings = new(connectionString) { Pooling = false };
        try
        {
            await MigrateAsync(settings.ConnectionString, scripts, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await CreateAsync(settings, cancellationToken);
            await MigrateAsync(settings.ConnectionString, scripts, cancellationToken);
        }
    }

    private static async Task MigrateAsync(string connectionString, IReadOnlyList<MigrationScript> scripts, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync(cancellationToken);
        await Migrator.MigrateAsync(connection, scripts, cancellationToken);

        // Whoever made the database: no tenant's role may enter it.
        await using NpgsqlCommand close = new(
            "do $$ begin execute format('revoke all on database %I from public', current_database()); end $$", connection);
        await close.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task CreateAsync(NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken)
    {
        string database = settings.Database!.Replace("\"", "\"\"", StringComparison.Ordinal);
        NpgsqlConnectionStringBuilder server = new(settings.ConnectionString) { Database = "postgres" };
        await using NpgsqlConnection connection = new(server.ConnectionString);
        await connection.OpenAsync(cancellationToken);
#pragma warning disable CA2100 // The operator's own setting, quoted.
        await using NpgsqlCommand create = new($"create database \"{database}\"", connection);
#pragma warning restore CA2100
        try
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another host was faster.
        }
    }
}
