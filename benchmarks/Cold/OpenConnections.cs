using Freehold.Bench.Setup;
using Npgsql;

namespace Freehold.Bench.Cold;

/// <summary>How many connections to tenants' databases the server has, asked of the server again and again in a session of its own.</summary>
internal sealed class OpenConnections : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    private OpenConnections(NpgsqlConnection connection) => _watching = WatchAsync(connection, _end.Token);

    /// <summary>The most that were seen.</summary>
    public long Most { get; private set; }

    /// <summary>How often was asked.</summary>
    public int Asked { get; private set; }

    public static async Task<OpenConnections> WatchAsync(Servers servers, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = new(servers.Database("postgres"));
        await connection.OpenAsync(cancellationToken);
        return new OpenConnections(connection);
    }

    /// <summary>Ends the watching. The figures stay.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (connection)
        {
            // What the driver alone opens, for comparison, has another name.
            await using NpgsqlCommand command = new(
                $@"select count(*) from pg_stat_activity where usename like 't\_%' and application_name <> '{ColdTenants.BareName}'", connection);
            await command.PrepareAsync(CancellationToken.None);
            while (!cancellationToken.IsCancellationRequested)
            {
                Most = Math.Max(Most, (long)(await command.ExecuteScalarAsync(CancellationToken.None))!);
                Asked++;
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }
}
