using Freehold.Bench.Setup;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Bench.Isolation;

/// <summary>All tenants' vectors in one table with one HNSW index, in a database of its own, and a filter by tenant.</summary>
internal sealed class SharedTable : IAsyncDisposable
{
    private const string Sql = "select id from passages where tenant_id = $1 order by embedding <#> (select $2::halfvec) limit 10";

    // Tenants' documents arrive in turn, and their chunks together.
    private const int ChunksOfDocument = 10;

    private readonly string _database = $"freehold_bench_{Guid.NewGuid():N}";
    private readonly Servers _servers;
    private readonly NpgsqlDataSource _filtering;
    private readonly NpgsqlDataSource _iterating;

    private SharedTable(Servers servers)
    {
        _servers = servers;
        _filtering = Source("off");
        _iterating = Source("relaxed_order");
    }

    public static async Task<SharedTable> LoadAsync(Servers servers, Vectors vectors, CancellationToken cancellationToken)
    {
        SharedTable table = new(servers);
        try
        {
            await servers.ExecuteAsync($"create database {table._database}", cancellationToken);
            await table.ExecuteAsync(
                $"""
                create extension vector;
                create table passages (tenant_id int not null, id bigint not null, embedding halfvec({Vectors.Dimensions}) not null);
                alter table passages alter column embedding set storage plain;
                """,
                cancellationToken);
            await table.CopyAsync(vectors, cancellationToken);
            await table.ExecuteAsync(
                """
                set maintenance_work_mem = '1GB';
                set max_parallel_maintenance_workers = 2;
                create index on passages using hnsw (embedding halfvec_ip_ops) with (m = 16, ef_construction = 64);
                """,
                cancellationToken);
            await table.ExecuteAsync("vacuum (analyze) passages", cancellationToken);
            return table;
        }
        catch
        {
            await table.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the index gives, less what is other tenants'.</summary>
    public Task<long[]> FilterAsync(VectorQuery query, CancellationToken cancellationToken) => SearchAsync(_filtering, query, cancellationToken);

    /// <summary>What the index gives, going on until there are enough (https://github.com/pgvector/pgvector#iterative-index-scans).</summary>
    public Task<long[]> IterateAsync(VectorQuery query, CancellationToken cancellationToken) => SearchAsync(_iterating, query, cancellationToken);

    /// <summary>Gives the planner another way to a tenant's rows.</summary>
    public Task AddTenantIndexAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("create index passages_tenant on passages (tenant_id)", cancellationToken);

    public Task DropTenantIndexAsync(CancellationToken cancellationToken) => ExecuteAsync("drop index passages_tenant", cancellationToken);

    /// <summary>The scans of the plan that is chosen now.</summary>
    public async Task<string> ExplainAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _filtering.CreateCommand("explain (costs off) " + Sql);
        await using NpgsqlDataReader reader = await command.With(query.Tenant).With(query.Vector).ExecuteReaderAsync(cancellationToken);
        List<string> scans = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            string line = reader.GetString(0).Trim(' ', '-', '>');
            if (line.Contains("Scan", StringComparison.Ordinal))
            {
                scans.Add(line);
            }
        }

        return string.Join(", ", scans);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _filtering.DisposeAsync();
        await _iterating.DisposeAsync();
        await _servers.ExecuteAsync($"drop database if exists {_database} with (force)", CancellationToken.None);
    }

    private static async Task<long[]> SearchAsync(NpgsqlDataSource source, VectorQuery query, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand command = new(Sql, connection);
        return await command.With(query.Tenant).With(query.Vector).ReadIdsAsync(cancellationToken);
    }

    private async Task CopyAsync(Vectors vectors, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _filtering.OpenConnectionAsync(cancellationToken);
        await using NpgsqlRawCopyStream copy = await connection.BeginRawBinaryCopyAsync(
            "copy passages (tenant_id, id, embedding) from stdin (format binary)", cancellationToken);
        CopyRows rows = new CopyRows().Begin();
        for (int start = 0; start < vectors.Sizes.Chunks; start += ChunksOfDocument)
        {
            for (int tenant = 0; tenant < vectors.Sizes.Tenants; tenant++)
            {
                for (int chunk = start; chunk < Math.Min(start + ChunksOfDocument, vectors.Sizes.Chunks); chunk++)
                {
                    rows.Row(3).Field(tenant).Field((long)chunk).Field(vectors.Of(tenant, chunk));
                }
            }

            await copy.WriteAsync(rows.Take(), cancellationToken);
        }

        await copy.WriteAsync(rows.End().Take(), cancellationToken);
    }

    private Task ExecuteAsync(string sql, CancellationToken cancellationToken) => _servers.ExecuteAsync(sql, cancellationToken, _database);

    /// <summary>Connections as tenants' are, but for the index' way of scanning.</summary>
    private NpgsqlDataSource Source(string iterativeScan)
    {
        NpgsqlDataSourceBuilder builder = new(new NpgsqlConnectionStringBuilder(_servers.Postgres)
        {
            Database = _database,
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Options = $"-c jit=off -c hnsw.ef_search=40 -c hnsw.iterative_scan={iterativeScan}",
        }.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }
}
