using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>Connections to the control database. Its pool, and the work store's where that is another, are the only ones that are not a tenant's.</summary>
public sealed class CatalogDatabase : IAsyncDisposable
{
    /// <summary>Makes the pool; opens nothing yet.</summary>
    public CatalogDatabase(IOptions<CatalogOptions> options)
    {
        ConnectionString = Settings(options.Value.ConnectionString, "freehold catalog", options.Value.MaxConnections);
        DataSource = new NpgsqlDataSourceBuilder(ConnectionString).Build();
    }

    /// <summary>For the work store alone, where it lies beside the catalog.</summary>
    internal NpgsqlDataSource DataSource { get; }

    /// <summary>For the migrator alone.</summary>
    internal string ConnectionString { get; }

    /// <summary>A command on a connection of its own, in a transaction of its own.</summary>
    public NpgsqlCommand Command(string sql) => DataSource.CreateCommand(sql);

    /// <summary>A batch on a connection of its own: one round trip, one transaction.</summary>
    public NpgsqlBatch Batch() => DataSource.CreateBatch();

    /// <summary>A batch on a connection of its own: one round trip, and a transaction for each statement, in order.</summary>
    public NpgsqlBatch BatchOfTransactions()
    {
        NpgsqlBatch batch = DataSource.CreateBatch();
        batch.EnableErrorBarriers = true;
        return batch;
    }

    /// <summary>A connection, for work that needs a transaction over several round trips.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => DataSource.OpenConnectionAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DataSource.DisposeAsync();

    internal static string Settings(string connectionString, string name, int maxConnections) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        ApplicationName = name,
        MaxPoolSize = maxConnections,
        MaxAutoPrepare = 50,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
    }.ConnectionString;
}
