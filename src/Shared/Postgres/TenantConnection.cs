using Npgsql;

namespace Freehold.Postgres;

/// <summary>A connection to one tenant's database, on loan. Disposing gives it back.</summary>
public sealed class TenantConnection : IAsyncDisposable
{
    private readonly TenantDataSources _owner;
    private readonly TenantPool _pool;
    private readonly int _generation;

    internal TenantConnection(TenantDataSources owner, TenantPool pool, int generation, NpgsqlConnection connection)
    {
        _owner = owner;
        _pool = pool;
        _generation = generation;
        Connection = connection;
    }

    /// <summary>The open connection. Work on it leaves no state in the session.</summary>
    public NpgsqlConnection Connection { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        bool isWhole = Connection.FullState.HasFlag(System.Data.ConnectionState.Open);
        await Connection.DisposeAsync();
        _owner.Return(_pool, _generation, isWhole);
    }
}
