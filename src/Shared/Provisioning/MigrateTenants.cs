using Freehold.Migration;
using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Brings databases of active tenants of this region to this program's schema, a few at a time. One that fails is tried again after a pause that
/// grows, and holds up no other. Suspended tenants follow when they are resumed.
/// </summary>
public sealed class MigrateTenants(
    CatalogDatabase catalog,
    DatabaseProviders providers,
    TenantSchema schema,
    Regions regions,
    TenantDirectory directory,
    TimeProvider time,
    ILogger<MigrateTenants> logger)
{
    private const int AtATime = 4;

    // Shorter than a function may take. What is left, the next turn takes.
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan LongestMigration = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private sealed record Behind(Guid Uid, string Provider, string Database, int Attempts);

    /// <summary>Migrates those that are due.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(async _ =>
        {
            while (time.GetElapsedTime(started) < Turn && await TakeAsync(cancellationToken) is { } tenant)
            {
                await MigrateAsync(tenant, cancellationToken);
            }
        }));
    }

    private async Task<Behind?> TakeAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants set migration_attempts = migration_attempts + 1, migration_at = now() + $2
                where uid = (
                    select uid from catalog.tenants
                    where state = 'active' and region = $4 and schema_version < $1 and provider = any ($3)
                        and (migration_at is null or migration_at <= now())
                    order by migration_at nulls first limit 1 for update skip locked)
                returning uid, provider, database_name, migration_attempts
                """)
            .With(schema.Version).With(Lease).With(providers.Names).With(regions.Here);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new Behind(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3)) : null;
    }

    private async Task MigrateAsync(Behind tenant, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(LongestMigration, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            int version = await providers.Of(tenant.Provider).MigrateAsync(tenant.Database, either.Token);
            await using NpgsqlCommand command = catalog.Command(
                    """
                    update catalog.tenants set schema_version = $2, migration_attempts = 0, migration_at = null
                    where uid = $1 and schema_version < $2
                    """)
                .With(tenant.Uid).With(version);
            await command.ExecuteNonQueryAsync(cancellationToken);
            directory.Forget(tenant.Uid);
        }
        catch (Exception exception) when (ProviderFailures.Is(exception)
            || exception is MigrationException or DatabaseGoneException or OperationCanceledException)
        {
            bool stops = cancellationToken.IsCancellationRequested;
            TimeSpan pause = stops ? TimeSpan.Zero : PauseAfter(tenant.Attempts);
            await PostponeAsync(tenant, pause, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            Log.TenantNotMigrated(logger, tenant.Uid, tenant.Attempts, pause, exception);
        }
    }

    private async Task PostponeAsync(Behind tenant, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("update catalog.tenants set migration_at = now() + $2 where uid = $1 and schema_version < $3")
            .With(tenant.Uid).With(pause).With(schema.Version);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static TimeSpan PauseAfter(int attempts)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(attempts - 1, 20));
        return pause < LongestPause ? pause : LongestPause;
    }
}
