using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Ingest;

/// <summary>What COPY gave of texts, chunks and embeddings, in its binary format, to be given back to it as it is.</summary>
internal sealed record CopiedDocument(byte[] TextRows, byte[] ChunkRows, byte[] EmbeddingRows, long Chunks, long Length);

/// <summary>A tenant's texts, chunks and embeddings in memory, document by document and all in one.</summary>
internal sealed record CopiedDocuments(IReadOnlyList<CopiedDocument> EachOwn, CopiedDocument AllInOne)
{
    private const string ChunkColumns = "id, heading, page, start_at, end_at, length, tokens, content_hash, language, content";

    public static async Task<CopiedDocuments> ReadAsync(Installation installation, TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using TenantConnection tenantConnection = await installation.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Documents, cancellationToken);
        NpgsqlConnection connection = tenantConnection.Connection;
        List<(long Version, long Chunks, long Length)> documents = [];
        await using (NpgsqlCommand command = new("select version, chunks::bigint, length from documents order by version", connection))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                documents.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)));
            }
        }

        List<CopiedDocument> eachOwn = [];
        foreach ((long version, long chunks, long length) in documents)
        {
            string range = $"where id >= {version << 20} and id < {(version + 1) << 20}";
            eachOwn.Add(await ReadAsync(connection, $"where version = {version}", range, chunks, length, cancellationToken));
        }

        CopiedDocument allInOne = await ReadAsync(
            connection, string.Empty, string.Empty, documents.Sum(each => each.Chunks), documents.Sum(each => each.Length), cancellationToken);
        return new CopiedDocuments(eachOwn, allInOne);
    }

    /// <summary>Writes them into an empty tenant database, with its role and its indexes, each with an update of the statistics in a transaction.</summary>
    /// <returns>Seconds.</returns>
    public static async Task<double> WriteAsync(
        Installation installation, TenantPlacement tenant, IReadOnlyList<CopiedDocument> documents, CancellationToken cancellationToken)
    {
        await using TenantConnection tenantConnection = await installation.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Documents, cancellationToken);
        NpgsqlConnection connection = tenantConnection.Connection;
        long started = Stopwatch.GetTimestamp();
        foreach (CopiedDocument document in documents)
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await WriteAsync(connection, "copy texts (version, start_at, content) from stdin (format binary)", document.TextRows, cancellationToken);
            await WriteAsync(connection, $"copy chunks ({ChunkColumns}) from stdin (format binary)", document.ChunkRows, cancellationToken);
            await WriteAsync(connection, "copy embeddings (id, embedding) from stdin (format binary)", document.EmbeddingRows, cancellationToken);
            await using NpgsqlCommand count = new("update corpus_statistics set chunks = chunks + $1, length = length + $2 where shard = 0", connection, transaction);
            await count.With(document.Chunks).With(document.Length).ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<CopiedDocument> ReadAsync(
        NpgsqlConnection connection, string versions, string where, long chunks, long length, CancellationToken cancellationToken) => new(
        await ReadAsync(
            connection, $"copy (select version, start_at, content from texts {versions} order by 1, 2) to stdout (format binary)", cancellationToken),
        await ReadAsync(connection, $"copy (select {ChunkColumns} from chunks {where} order by id) to stdout (format binary)", cancellationToken),
        await ReadAsync(connection, $"copy (select id, embedding from embeddings {where} order by id) to stdout (format binary)", cancellationToken),
        chunks,
        length);

    private static async Task<byte[]> ReadAsync(NpgsqlConnection connection, string copy, CancellationToken cancellationToken)
    {
        using MemoryStream rows = new();
        await using NpgsqlRawCopyStream stream = await connection.BeginRawBinaryCopyAsync(copy, cancellationToken);
        await stream.CopyToAsync(rows, cancellationToken);
        return rows.ToArray();
    }

    private static async Task WriteAsync(NpgsqlConnection connection, string copy, byte[] rows, CancellationToken cancellationToken)
    {
        await using NpgsqlRawCopyStream stream = await connection.BeginRawBinaryCopyAsync(copy, cancellationToken);
        await stream.WriteAsync(rows, cancellationToken);
    }
}
