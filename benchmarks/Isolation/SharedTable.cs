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
    private readonly Dictionary<SharedSearch, NpgsqlDataSource> _sources = [];

    private SharedTable(Servers servers) => _servers = servers;

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
    public async Task<long[]> SearchAsync(SharedSearch way, VectorQuery query, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await SourceOf(way).OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand command = new(Sql, connection);
        return await command.With(query.Tenant).With(query.Vector).ReadIdsAsync(cancellationToken);
    }

    /// <summary>Gives the planner another way to a tenant's rows.</summary>
    public Task AddTenantIndexAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("create index passages_tenant on passages (tenant_id)", cancellationToken);

    public Task DropTenantIndexAsync(CancellationToken cancellationToken) => ExecuteAsync("drop index passages_tenant", cancellationToken);

    /// <summary>The scans of the plan that is chosen now.</summary>
    public async Task<string> ExplainAsync(SharedSearch way, VectorQuery query, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = SourceOf(way).CreateCommand("explain (costs off) " + Sql);
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
        foreach (NpgsqlDataSource source in _sources.Values)
        {
            await source.DisposeAsync();
        }

        await _servers.ExecuteAsync($"drop database if exists {_database} with (force)", CancellationToken.None);
    }

    private async Task CopyAsync(Vectors vectors, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(_servers.Database(_database));
        await connection.OpenAsync(cancellationToken);
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
    private NpgsqlDataSource SourceOf(SharedSearch way)
    {
        if (_sources.TryGetValue(way, out NpgsqlDataSource? there))
        {
            return there;
        }

        NpgsqlDataSourceBuilder builder = new(new NpgsqlConnectionStringBuilder(_servers.Postgres)
        {
            Database = _database,
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Options = "-c jit=off -c hnsw.scan_mem_multiplier=20 "
                + $"-c hnsw.ef_search={way.InView} -c hnsw.iterative_scan={way.Iterates} -c hnsw.max_scan_tuples={way.MostTuples}",
        }.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return _sources[way] = builder.Build();
    }
}

/// <summary>A way to search the shared table (https://github.com/pgvector/pgvector#iterative-index-scans).</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Iterates"><c>hnsw.iterative_scan</c>.</param>
/// <param name="InView"><c>hnsw.ef_search</c>.</param>
/// <param name="MostTuples"><c>hnsw.max_scan_tuples</c>.</param>
internal sealed record SharedSearch(string Name, string Iterates, int InView, int MostTuples);
