using Freehold.Postgres;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>A chunk that waits for its embedding.</summary>
internal sealed record StagedChunk(long Id, string Heading, string Content);

/// <summary>
/// Versions that are too long to be embedded in one go: they wait in tables that nothing searches, and move over whole when the
/// last embedding is there.
/// </summary>
internal sealed class StagingStore(TenantConnection tenant, DocumentClaim claim)
{
    private const int SliceLength = 1_000;

    private short Shard => (short)(claim.Number % 16);

    /// <summary>Stages a version, in place of what was staged for the path.</summary>
    public async Task StageAsync(DocumentVersion version, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await tenant.Connection.BeginTransactionAsync(cancellationToken);
        await using (NpgsqlBatch first = new(tenant.Connection, transaction))
        {
            first.Add(PassageStore.Lock).With(version.Path);
            AddRemoval(first, version.Path, claim.Number);
            first.Add(
                    """
                    insert into staged_documents
                        (path, etag, content_hash, title, media_type, bytes, metadata, version, chunks, length, text)
                    select $1, $2, $3, $4, $5, $6, '{}', $7, $8, $9, $10
                    where not exists (select from removed_documents where path = $1 and claim > $7)
                    on conflict (path) do nothing
                    """)
                .With(version.Path).With(version.ETag).With(version.ContentHash).With(version.Title).With(version.MediaType)
                .With(version.Bytes).With(claim.Number).With(version.Chunks.Count).With(version.Words).With(version.Text);
            await first.ExecuteNonQueryAsync(cancellationToken);
        }

        for (int start = 0; start < version.Chunks.Count; start += SliceLength)
        {
            await using NpgsqlBatch slice = new(tenant.Connection, transaction);
            ChunkColumns.Of(version.Chunks, start, Math.Min(SliceLength, version.Chunks.Count - start)).AddTo(slice.Add(
                    """
                    insert into staged_chunks (id, heading, page, start_at, end_at, length, content)
                    select ($2 << 20) + c.ordinal, c.heading, c.page, c.start_at, c.end_at, c.length, c.content
                    from unnest($3::int[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::text[])
                        as c (ordinal, heading, page, start_at, end_at, length, content)
                    where exists (select from staged_documents where path = $1 and version = $2)
                    """)
                .With(version.Path).With(claim.Number));
            await slice.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The next chunks without an embedding, in order.</summary>
    public async Task<IReadOnlyList<StagedChunk>> NextAsync(int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            """
            select id, heading, content from staged_chunks
            where id >= $1 << 20 and id < ($1 + 1) << 20 and embedding is null order by id limit $2
            """,
            tenant.Connection);
        command.With(claim.Number).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<StagedChunk> chunks = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            chunks.Add(new StagedChunk(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        }

        return chunks;
    }

    /// <summary>Stores embeddings of chunks, in the same order.</summary>
    public async Task StoreAsync(
        IReadOnlyList<StagedChunk> chunks, IReadOnlyList<ReadOnlyMemory<float>> embeddings, CancellationToken cancellationToken)
    {
        int dimensions = embeddings[0].Length;
        float[] vectors = new float[chunks.Count * dimensions];
        for (int i = 0; i < chunks.Count; i++)
        {
            embeddings[i].CopyTo(vectors.AsMemory(i * dimensions));
        }

        await using NpgsqlCommand command = new(
            """
            update staged_chunks c set embedding = ($2::real[])[(n.ordinality - 1) * $3 + 1 : n.ordinality * $3]::halfvec
            from unnest($1::bigint[]) with ordinality n (id, ordinality) where c.id = n.id
            """,
            tenant.Connection);
        command.With(chunks.Select(chunk => chunk.Id).ToArray()).With(vectors).With(dimensions);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Publishes the staged version in place of the present one.</summary>
    /// <returns>What was published; null when nothing is staged under this claim, or it was overtaken.</returns>
    public async Task<PublishedDocument?> PublishAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await tenant.Connection.BeginTransactionAsync(cancellationToken);
        if (await LockAndFindAsync(transaction, cancellationToken) is not { } staged)
        {
            return null;
        }

        await using NpgsqlBatch batch = new(tenant.Connection, transaction);
        batch.Add(PassageStore.RemoveOlder).With(claim.Path).With(claim.Number).With(Shard).With(claim.Until);
        batch.Add(
                """
                insert into documents as d (path, etag, content_hash, title, media_type, bytes, metadata, version, claim, chunks, length, text)
                select path, etag, content_hash, title, media_type, bytes, metadata, version, version, chunks, length, text
                from staged_documents
                where path = $1 and version = $2 and now() < $3 - interval '1 minute'
                    and not exists (select from removed_documents where path = $1 and claim > $2)
                on conflict (path) do update
                set etag = excluded.etag, content_hash = excluded.content_hash, title = excluded.title, media_type = excluded.media_type,
                    bytes = excluded.bytes, metadata = excluded.metadata, version = excluded.version, claim = excluded.claim,
                    chunks = excluded.chunks, length = excluded.length, text = excluded.text, updated_at = now()
                where d.claim < excluded.claim
                """)
            .With(claim.Path).With(claim.Number).With(claim.Until);
        batch.Add(
                """
                with moved as (
                    delete from staged_chunks where id >= $2 << 20 and id < ($2 + 1) << 20
                        and exists (select from documents where path = $1 and version = $2)
                    returning *),
                passages as (
                    insert into chunks (id, heading, page, start_at, end_at, length, language, content)
                    select m.id, m.heading, m.page, m.start_at, m.end_at, m.length, s.language, m.content from moved m, settings s)
                insert into embeddings (id, embedding) select id, embedding from moved
                """)
            .With(claim.Path).With(claim.Number);
        batch.Add("delete from staged_documents where path = $1 and version = $2").With(claim.Path).With(claim.Number);
        NpgsqlBatchCommand last = batch.Add(PassageStore.AddStatistics)
            .With(claim.Path).With(claim.Number).With(staged.Document.Chunks).With(staged.Words).With(Shard);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        if (last.RecordsAffected == 0)
        {
            return null;
        }

        await transaction.CommitAsync(cancellationToken);
        return staged.Document;
    }

    /// <summary>What this claim has published already, before a host died that could not say so any more; or null.</summary>
    public async Task<PublishedDocument?> FindPublishedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            "select title, media_type, chunks from documents where path = $1 and version = $2", tenant.Connection);
        command.With(claim.Path).With(claim.Number);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new PublishedDocument(reader.Optional<string>(0), reader.GetString(1), reader.GetInt32(2))
            : null;
    }

    private async Task<(PublishedDocument Document, long Words)?> LockAndFindAsync(
        NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(PassageStore.Lock, tenant.Connection, transaction);
        await command.With(claim.Path).ExecuteNonQueryAsync(cancellationToken);
        await using NpgsqlCommand find = new(
            "select title, media_type, chunks, length from staged_documents where path = $1 and version = $2", tenant.Connection, transaction);
        find.With(claim.Path).With(claim.Number);
        await using NpgsqlDataReader reader = await find.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (new PublishedDocument(reader.Optional<string>(0), reader.GetString(1), reader.GetInt32(2)), reader.GetInt64(3))
            : null;
    }

    /// <summary>Removes what claims below or equal to this one staged for a path.</summary>
    public static void AddRemoval(NpgsqlBatch batch, string path, long claimNumber) => batch.Add(
            """
            with gone as (delete from staged_documents where path = $1 and version <= $2 returning version)
            delete from staged_chunks c using gone g where c.id >= g.version << 20 and c.id < (g.version + 1) << 20
            """)
        .With(path).With(claimNumber);
}
