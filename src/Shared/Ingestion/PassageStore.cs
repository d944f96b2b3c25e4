using Freehold.Postgres;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>One version of a document, read and ready to be published.</summary>
internal sealed record DocumentVersion(
    string Path,
    string ETag,
    byte[] ContentHash,
    string? Title,
    string MediaType,
    long Bytes,
    string Text,
    IReadOnlyList<Chunk> Chunks)
{
    public long Words { get; } = Chunks.Sum(chunk => (long)chunk.Words);
}

/// <summary>What the manifest shows of a published document.</summary>
internal sealed record PublishedDocument(string? Title, string MediaType, int Chunks);

/// <summary>
/// Writes documents into their tenant's database. A version appears whole and takes the place of the one before it in the same
/// transaction. Attempts at one path are serialised, and one with a lower claim than the path has seen changes nothing.
/// </summary>
internal sealed class PassageStore(TenantConnection tenant, DocumentClaim claim)
{
    /// <summary>Most chunks sent in one batch, which bounds what a statement's parameters take in memory.</summary>
    private const int SliceLength = 256;

    /// <summary>
    /// Serialises attempts at a path ($1). What follows in the transaction sees what the holder before did. It is also planned once
    /// for all: PostgreSQL would plan these statements anew for every document's arrays, which costs a sixth of the time.
    /// </summary>
    public const string Lock =
        "select pg_advisory_xact_lock(hashtextextended($1, 0)), set_config('plan_cache_mode', 'force_generic_plan', true)";

    /// <summary>
    /// Removes the path's ($1) passages, if they are of a lower claim ($2) and the claim has not lapsed ($4), in favour of what the
    /// same transaction puts. <c>now()</c> is the transaction's beginning, so both see the same time; the minute is for its duration.
    /// </summary>
    public const string RemoveOlder =
        """
        with older as (
            select version, chunks, length from documents
            where path = $1 and claim < $2 and now() < $4 - interval '1 minute'),
        removed as (delete from chunks c using older o where c.id >= o.version << 20 and c.id < (o.version + 1) << 20),
        forgotten as (delete from embeddings e using older o where e.id >= o.version << 20 and e.id < (o.version + 1) << 20)
        update corpus_statistics s set chunks = s.chunks - o.chunks, length = s.length - o.length
        from older o where s.shard = $3
        """;

    private const string PutDocument =
        """
        insert into documents as d (path, etag, content_hash, title, media_type, bytes, version, claim, chunks, length, text)
        select $1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10
        where now() < $11 - interval '1 minute' and not exists (select from removed_documents where path = $1 and claim > $7)
        on conflict (path) do update
        set etag = excluded.etag, content_hash = excluded.content_hash, title = excluded.title, media_type = excluded.media_type,
            bytes = excluded.bytes, version = excluded.version, claim = excluded.claim, chunks = excluded.chunks,
            length = excluded.length, text = excluded.text, updated_at = now()
        where d.claim < excluded.claim
        """;

    private const string PutChunks =
        """
        insert into chunks (id, heading, page, start_at, end_at, length, language, content)
        select ($2 << 20) + c.ordinal, c.heading, c.page, c.start_at, c.end_at, c.length, s.language, c.content
        from unnest($3::int[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::text[])
            as c (ordinal, heading, page, start_at, end_at, length, content), settings s
        where exists (select from documents where path = $1 and version = $2)
        """;

    private const string PutEmbeddings =
        """
        insert into embeddings (id, embedding)
        select ($2 << 20) + $3 + n - 1, ($4::real[])[(n - 1) * $5 + 1 : n * $5]::halfvec
        from generate_series(1, cardinality($4::real[]) / $5) n
        where exists (select from documents where path = $1 and version = $2)
        """;

    /// <summary>Counts the chunks ($3) and words ($4) of the path's ($1) version ($2), if it is the one published.</summary>
    public const string AddStatistics =
        """
        update corpus_statistics set chunks = chunks + $3, length = length + $4
        where shard = $5 and exists (select from documents where path = $1 and version = $2)
        """;

    private short Shard => (short)(claim.Number % 16);

    /// <summary>Takes the path's present content as the blob's new version, if it is the same.</summary>
    /// <returns>The published document, or null when its content is another.</returns>
    public async Task<PublishedDocument?> KeepSameAsync(
        string etag, byte[] contentHash, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            """
            with superseded as (delete from staged_documents where path = $1 and version < $4 returning version),
            waiting as (delete from staged_chunks c using superseded s where c.id >= s.version << 20 and c.id < (s.version + 1) << 20)
            update documents set etag = $2, claim = $4, updated_at = now() where path = $1 and content_hash = $3 and claim < $4
            returning title, media_type, chunks
            """,
            tenant.Connection);
        command.With(claim.Path).With(etag).With(contentHash).With(claim.Number);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new PublishedDocument(reader.Optional<string>(0), reader.GetString(1), reader.GetInt32(2))
            : null;
    }

    /// <summary>Publishes a version with its embeddings. A short document takes one round trip.</summary>
    /// <param name="version">The version.</param>
    /// <param name="embeddings">One vector a chunk, in order, of one length.</param>
    /// <param name="cancellationToken">Nothing is published.</param>
    /// <returns>False when the claim has lapsed or was overtaken.</returns>
    public async Task<bool> PublishAsync(
        DocumentVersion version, IReadOnlyList<ReadOnlyMemory<float>> embeddings, CancellationToken cancellationToken)
    {
        // Several batches need a transaction around them; a single one is a transaction.
        await using NpgsqlTransaction? transaction = version.Chunks.Count > SliceLength
            ? await tenant.Connection.BeginTransactionAsync(cancellationToken)
            : null;
        NpgsqlBatch batch = new(tenant.Connection, transaction);
        batch.Add(Lock).With(version.Path);
        batch.Add(RemoveOlder).With(version.Path).With(claim.Number).With(Shard).With(claim.Until);
        StagingStore.AddRemoval(batch, version.Path, claim.Number);
        AddDocument(batch, version);
        for (int start = 0; start < version.Chunks.Count; start += SliceLength)
        {
            if (start > 0)
            {
                await ExecuteAsync(batch, cancellationToken);
                batch = new NpgsqlBatch(tenant.Connection, transaction);
            }

            AddSlice(batch, version, embeddings, start, Math.Min(SliceLength, version.Chunks.Count - start));
        }

        NpgsqlBatchCommand last = batch.Add(AddStatistics)
            .With(version.Path).With(claim.Number).With(version.Chunks.Count).With(version.Words).With(Shard);
        await ExecuteAsync(batch, cancellationToken);
        if (transaction is not null)
        {
            await transaction.CommitAsync(cancellationToken);
        }

        return last.RecordsAffected == 1;
    }

    /// <summary>Removes the document and everything staged for it, and remembers that it did.</summary>
    /// <returns>False when the claim has lapsed, and nothing was removed.</returns>
    public async Task<bool> RemoveAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(tenant.Connection);
        batch.Add(Lock).With(claim.Path);
        batch.Add(RemoveOlder).With(claim.Path).With(claim.Number).With(Shard).With(claim.Until);
        batch.Add("delete from documents where path = $1 and claim < $2 and now() < $3 - interval '1 minute'")
            .With(claim.Path).With(claim.Number).With(claim.Until);
        StagingStore.AddRemoval(batch, claim.Path, claim.Number);
        batch.Add("delete from removed_documents where removed_at < now() - interval '1 hour'");
        NpgsqlBatchCommand last = batch.Add(
                """
                insert into removed_documents as r (path, claim) select $1, $2 where now() < $3 - interval '1 minute'
                on conflict (path) do update set claim = greatest(r.claim, excluded.claim), removed_at = now()
                """)
            .With(claim.Path).With(claim.Number).With(claim.Until);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return last.RecordsAffected == 1;
    }

    private void AddDocument(NpgsqlBatch batch, DocumentVersion version) => batch.Add(PutDocument)
        .With(version.Path).With(version.ETag).With(version.ContentHash).With(version.Title).With(version.MediaType).With(version.Bytes)
        .With(claim.Number).With(version.Chunks.Count).With(version.Words).With(version.Text).With(claim.Until);

    private void AddSlice(
        NpgsqlBatch batch, DocumentVersion version, IReadOnlyList<ReadOnlyMemory<float>> embeddings, int start, int length)
    {
        ChunkColumns columns = ChunkColumns.Of(version.Chunks, start, length);
        columns.AddTo(batch.Add(PutChunks).With(version.Path).With(claim.Number));
        int dimensions = embeddings[start].Length;
        float[] vectors = new float[length * dimensions];
        for (int i = 0; i < length; i++)
        {
            embeddings[start + i].CopyTo(vectors.AsMemory(i * dimensions));
        }

        batch.Add(PutEmbeddings).With(version.Path).With(claim.Number).With(start).With(vectors).With(dimensions);
    }

    private static async Task ExecuteAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using (batch)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
