using Freehold.Provisioning.Providers;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>The ways into a tenant's database, as one of its roles.</summary>
internal static class Entrance
{
    public static async Task<NpgsqlConnection> EnterAsync(DatabaseAddress address, TenantDatabase database)
    {
        NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port,
            Database = database.Name,
            Username = database.Role,
            Password = database.Password,
            Pooling = false,
        }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>By every way there is.</summary>
    public static async Task AssertTurnedAwayAsync(DatabaseAddress address, TenantDatabase database)
    {
        foreach (string host in new[] { address.Host, address.PoolerHost }.OfType<string>())
        {
            await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
            {
                await using NpgsqlConnection entered = await EnterAsync(address with { Host = host }, database);
                await ScalarAsync<int>(entered, "select 1");
            });
        }
    }

    public static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<string> RefusedAsync(NpgsqlConnection connection, string sql) =>
        (await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync<object>(connection, sql))).SqlState;
}
