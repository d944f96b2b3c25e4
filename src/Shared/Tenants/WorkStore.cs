using Freehold.Sql;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>
/// Connections to the work store: which documents there are, by path, and what is still to be done for them. It lies beside the
/// catalog, on its pool, unless it has a database of its own. No statement reads both.
/// </summary>
public sealed class WorkStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly NpgsqlDataSource? _own;

    /// <summary>Makes the pool, where it is not the catalog's; opens nothing yet.</summary>
    public WorkStore(CatalogDatabase catalog, IOptions<WorkStoreOptions> options)
    {
        if (options.Value.ConnectionString is { Length: > 0 } own && !IsOneDatabase(own, catalog.ConnectionString))
        {
            ConnectionString = CatalogDatabase.Settings(own, "freehold work", options.Value.MaxConnections);
            _own = new NpgsqlDataSourceBuilder(ConnectionString).Build();
        }

        _dataSource = _own ?? catalog.DataSource;
    }

    /// <summary>For the migrator alone: null where it lies beside the catalog, whose scripts make it.</summary>
    internal string? ConnectionString { get; }

    /// <summary>Asks whether it is there, where it is not the catalog's database.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_own is not null)
        {
            await using NpgsqlCommand command = Command("select from work.sweeps");
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>A command on a connection of its own, in a transaction of its own.</summary>
    public NpgsqlCommand Command(string sql) => _dataSource.CreateCommand(sql);

    /// <summary>A batch on a connection of its own: one round trip, one transaction.</summary>
    public NpgsqlBatch Batch() => _dataSource.CreateBatch();

    /// <summary>A batch on a connection of its own: one round trip, and a transaction for each statement, in order.</summary>
    public NpgsqlBatch BatchOfTransactions()
    {
        NpgsqlBatch batch = _dataSource.CreateBatch();
        batch.EnableErrorBarriers = true;
        return batch;
    }

    /// <summary>Forgets every document of a tenant.</summary>
    internal async Task ForgetTenantAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = Batch();
        batch.Add("delete from work.documents where tenant_uid = $1").With(tenantUid);
        batch.Add("delete from work.removed_documents where tenant_uid = $1").With(tenantUid);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static bool IsOneDatabase(string one, string other)
    {
        NpgsqlConnectionStringBuilder first = new(one);
        NpgsqlConnectionStringBuilder second = new(other);
        return (first.Host, first.Port, first.Database) == (second.Host, second.Port, second.Database);
    }
}
