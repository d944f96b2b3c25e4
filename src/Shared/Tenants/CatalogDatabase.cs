using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>Connections to the control database. Its pool is the only one that is not a tenant's.</summary>
public sealed class CatalogDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _dataSource;

    /// <summary>Makes the pool; opens nothing yet.</summary>
    public CatalogDatabase(IOptions<CatalogOptions> options)
    {
        NpgsqlConnectionStringBuilder connection = new(options.Value.ConnectionString)
        {
            ApplicationName = "freehold catalog",
            MaxPoolSize = options.Value.MaxConnections,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };
        ConnectionString = connection.ConnectionString;
        _dataSource = new NpgsqlDataSourceBuilder(ConnectionString).Build();
    }

    /// <summary>For the migrator alone.</summary>
    internal string ConnectionString { get; }

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

    /// <summary>A connection, for work that needs a transaction over several round trips.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _dataSource.OpenConnectionAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _dataSource.DisposeAsync();
}
