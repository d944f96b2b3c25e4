using System.Security.Cryptography;
using System.Text;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Migration;
using Npgsql;

namespace Freehold.Integration.Tests.Migration;

public sealed class MigratorTests : IAsyncLifetime
{
    private readonly string _database = $"freehold_migration_{Guid.NewGuid():N}";

    public Task InitializeAsync() => TestServers.Missing is null ? FreeholdFixture.ExecuteAsync($"create database {_database}") : Task.CompletedTask;

    public Task DisposeAsync() =>
        TestServers.Missing is null ? FreeholdFixture.ExecuteAsync($"drop database {_database} with (force)") : Task.CompletedTask;

    [ServerFact]
    public async Task Scripts_are_applied_once_in_order_even_by_many_at_a_time()
    {
        MigrationScript[] scripts = [Script(1, "create table a (x int)"), Script(2, "insert into a values (1)")];
        int[] versions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MigrateAsync(scripts)));

        Assert.All(versions, version => Assert.Equal(2, version));
        Assert.Equal(1L, await ScalarAsync("select count(*) from a"));
    }

    [ServerFact]
    public async Task Script_that_fails_leaves_nothing_of_itself()
    {
        await Assert.ThrowsAsync<PostgresException>(() => MigrateAsync([Script(1, "create table a (x int)"), Script(2, "create table b (x int); select 1/0")]));

        Assert.Equal(1L, await ScalarAsync("select count(*) from schema_migrations"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from pg_tables where tablename = 'b'"));
    }

    [ServerFact]
    public async Task Changed_or_unknown_migrations_are_refused_with_what_to_do()
    {
        await MigrateAsync([Script(1, "create table a (x int)"), Script(2, "create table b (x int)")]);

        MigrationException changed = await Assert.ThrowsAsync<MigrationException>(
            () => MigrateAsync([Script(1, "create table a (y int)"), Script(2, "create table b (x int)")]));
        Assert.Contains("Add a new one", changed.Message, StringComparison.Ordinal);
        MigrationException newer = await Assert.ThrowsAsync<MigrationException>(() => MigrateAsync([Script(1, "create table a (x int)")]));
        Assert.Contains("Deploy a newer one", newer.Message, StringComparison.Ordinal);
    }

    private static MigrationScript Script(int version, string sql) =>
        new(version, $"{version:0000}_test", sql, SHA256.HashData(Encoding.UTF8.GetBytes(sql)));

    private async Task<int> MigrateAsync(IReadOnlyList<MigrationScript> scripts)
    {
        await using NpgsqlConnection connection = new(ConnectionString);
        await connection.OpenAsync();
        return await Migrator.MigrateAsync(connection, scripts, default);
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using NpgsqlConnection connection = new(ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private string ConnectionString => new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Database = _database, Pooling = false }.ConnectionString;
}
