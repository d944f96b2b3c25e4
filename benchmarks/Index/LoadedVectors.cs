using System.Diagnostics;
using System.Globalization;
using Freehold.Bench.Isolation;
using Freehold.Bench.Setup;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Index;

/// <summary>A tenant whose database holds made vectors, without the detour of documents that are read and embedded.</summary>
internal sealed class LoadedVectors(Installation installation, TenantPlacement tenant)
{
    private const int ChunksOfDocument = 10;
    private const int ChunksOfCopy = 2_000;
    private const string Index = "embeddings_near";

    public TenantPlacement Tenant => tenant;

    public static async Task<LoadedVectors> LoadAsync(Installation installation, Vectors vectors, CancellationToken cancellationToken)
    {
        LoadedVectors loaded = new(installation, await installation.ProvisionAsync(cancellationToken));
        string rows = string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            insert into documents (path, etag, content_hash, media_type, bytes, metadata, version, claim, chunks, length)
            select 'd' || n, '', '', 'text/plain', 100, jsonb_build_object('hundredth', n % 100, 'half', n % 2), n, n, {{ChunksOfDocument}}, {{ChunksOfDocument}}
            from generate_series(1, {{vectors.Sizes.Chunks / ChunksOfDocument}}) n;
            insert into chunks (id, length, start_at, end_at, language, heading, content, content_hash, tokens)
            select (1 + n / {{ChunksOfDocument}})::bigint << 20 | n % {{ChunksOfDocument}}, 1, 0, 10, 'simple', '', 'passage ' || n, gen_random_uuid(), 1
            from generate_series(0, {{vectors.Sizes.Chunks - 1}}) as n (n);
            update corpus_statistics set chunks = {{vectors.Sizes.Chunks}}, length = {{vectors.Sizes.Chunks}} where shard = 0;
            """);
        await loaded.ExecuteAsync(rows, cancellationToken);
        await loaded.CopyAsync(vectors, cancellationToken);
        await loaded.ExecuteAsync("vacuum (analyze)", cancellationToken);
        return loaded;
    }

    /// <summary>Builds the index, and takes the place of one that there is.</summary>
    /// <returns>Seconds and megabytes.</returns>
    public async Task<(double Seconds, double Megabytes)> BuildAsync(int m, int construction, int memory, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"drop index if exists {Index}", cancellationToken);
        long started = Stopwatch.GetTimestamp();
        await ExecuteAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                set maintenance_work_mem = '{memory}MB';
                create index {Index} on embeddings using hnsw (embedding halfvec_ip_ops) with (m = {m}, ef_construction = {construction});
                """),
            cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await using NpgsqlConnection connection = new(installation.Servers.Database(tenant.Database!));
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlCommand size = new($"select pg_relation_size('{Index}')::float8 / 1048576", connection);
        return (seconds, (double)(await size.ExecuteScalarAsync(cancellationToken))!);
    }

    public Task SetInViewAsync(int chunks, CancellationToken cancellationToken) =>
        ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"update settings set ef_search = {chunks}"), cancellationToken);

    /// <summary>As superuser.</summary>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) =>
        installation.Servers.ExecuteAsync(sql, cancellationToken, tenant.Database!);

    private async Task CopyAsync(Vectors vectors, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(installation.Servers.Database(tenant.Database!));
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlRawCopyStream copy = await connection.BeginRawBinaryCopyAsync(
            "copy embeddings (id, embedding) from stdin (format binary)", cancellationToken);
        CopyRows rows = new CopyRows().Begin();
        for (int chunk = 0; chunk < vectors.Sizes.Chunks; chunk++)
        {
            rows.Row(2).Field(((1L + (chunk / ChunksOfDocument)) << 20) | (uint)(chunk % ChunksOfDocument)).Field(vectors.Of(0, chunk));
            if (chunk % ChunksOfCopy == ChunksOfCopy - 1)
            {
                await copy.WriteAsync(rows.Take(), cancellationToken);
            }
        }

        await copy.WriteAsync(rows.End().Take(), cancellationToken);
    }
}
