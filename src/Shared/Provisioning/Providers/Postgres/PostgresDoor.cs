using Npgsql;

namespace Freehold.Provisioning.Providers.Postgres;

/// <summary>Opens and closes databases on a server. One that has been erased meanwhile needs no door.</summary>
internal sealed class PostgresDoor(NpgsqlDataSource server, TimeProvider time)
{
    // Longer than the hosts trust what they know of a tenant.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Lets the database's roles connect.</summary>
    public Task OpenAsync(string database, CancellationToken cancellationToken) =>
        UnlessGoneAsync(ExecuteAsync($"alter database {database} allow_connections true", cancellationToken));

    /// <summary>
    /// Lets nobody connect any more. What the service's own role is at may end, and its hosts get the time to close what they
    /// hold; everybody else is sent away at once.
    /// </summary>
    public async Task CloseAsync(string database, string runtimeRole, CancellationToken cancellationToken)
    {
        await UnlessGoneAsync(ExecuteAsync($"alter database {database} allow_connections false", cancellationToken));
        await SendAwayAsync(database, runtimeRole, cancellationToken);
        long started = time.GetTimestamp();
        while (await CountSessionsAsync(database, cancellationToken) > 0 && time.GetElapsedTime(started) < DrainTime)
        {
            await Task.Delay(DrainPause, time, cancellationToken);
        }

        await SendAwayAsync(database, exceptRole: null, cancellationToken);
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
        await using NpgsqlCommand command = server.CreateCommand($"select count(*) from pg_stat_activity where datname = '{database}' and backend_type = 'client backend'");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // Names are ours (t_ and hexadecimal digits) and the verifier is base64: nothing here comes from a user.
        await using NpgsqlCommand command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
