using Npgsql;

namespace Freehold.Bench.Setup;

/// <summary>The servers that <c>./bench</c> starts, by environment variable.</summary>
internal sealed record Servers(string Postgres, string Storage, string Psql)
{
    public static Servers FromEnvironment() => new(
        Find("FREEHOLD_BENCH_POSTGRES"), Find("FREEHOLD_BENCH_STORAGE"), Environment.GetEnvironmentVariable("FREEHOLD_BENCH_PSQL") ?? "psql");

    /// <summary>Connection string of the superuser for another database.</summary>
    public string Database(string database) =>
        new NpgsqlConnectionStringBuilder(Postgres) { Database = database, Pooling = false }.ConnectionString;

    /// <summary>As superuser, in that database or in <c>postgres</c>.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken, string database = "postgres")
    {
        await using NpgsqlConnection connection = new(Database(database));
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlCommand command = Command(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>One value, as superuser, in <c>postgres</c>.</summary>
    public async Task<T> ScalarAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(Database("postgres"));
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlCommand command = Command(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Writes all that is dirty to disk, so that what is measured next does not pay for what was done before.</summary>
    public Task CheckpointAsync(CancellationToken cancellationToken) => ExecuteAsync("checkpoint", cancellationToken);

    private static NpgsqlCommand Command(string sql, NpgsqlConnection connection) => new(sql, connection) { CommandTimeout = 0 };

    private static string Find(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException($"{variable} is not set. ./bench starts the servers and sets it.");
}
