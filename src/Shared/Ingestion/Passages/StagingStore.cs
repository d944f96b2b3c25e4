using Freehold.Ai;
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
internal sealed class StagingStore(TenantConnection tenant, DocumentClaim claim, string model)
{
    // Few enough for one statement to end long before it times out.
    private const int MovedAtATime = 500;

    private const string Move =
        """
        with moved as (delete from staged_chunks where id >= $1 and id < $2 returning *),
        learnt as (
            insert into languages (language)
            select distinct coalesce(m.language, s.language) from moved m, settings s
            where not exists (select from languages l where l.language = coalesce(m.language, s.language))
            on conflict do nothing),
        passages as (
            insert into chunks (id, heading, page, start_at, end_at, length, tokens, content_hash, language, content)
            select m.id, m.heading, m.page, m.start_at, m.end_at, m.length, m.tokens, m.content_hash, coalesce(m.language, s.language), m.content
            from moved m, settings s)
        insert into embeddings (id, embedding) select id, embedding from moved
        """;

    private short Shard => (short)(claim.Number % 16);

    /// <summary>Stages a version slice by slice, in place of what was staged for the path. Chunks whose embedding is known have it from the start.</summary>
    /// <param name="describe">The version, asked for when all slices have been written.</param>
    /// <param name="first">The first slice.</param>
    /// <param name="next">Makes the next slice.</param>
    /// <param name="known">Embeddings that are kept.</param>
    /// <param name="cancellationToken">Nothing is staged.</param>
    /// <exception cref="ModelChangedException">The known embeddings are of another model than the database now holds.</exception>
    public Task StageAsync(
        Func<DocumentHead> describe, DocumentSlice first, Func<Task<DocumentSlice>> next, KnownVectors known, CancellationToken cancellationToken) =>
        ModelChangedException.GuardAsync(() => StageSlicesAsync(describe, first, next, known, cancellationToken));

    private async Task<bool> StageSlicesAsync(
        Func<DocumentHead> describe, DocumentSlice first, Func<Task<DocumentSlice>> next, KnownVectors known, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await tenant.Connection.BeginTransactionAsync(cancellationToken);
        long? before = await LockAndFindStagedAsync(transaction, cancellationToken);
        DocumentTotals totals = default;
        for (DocumentSlice? slice = first; slice is not null; slice = slice.IsLast ? null : await next())
        {
            totals = totals.With(slice);
            await using NpgsqlBatch batch = new(tenant.Connection, transaction);
            AddSlice(batch, slice, known, before);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        DocumentHead head = describe();
        await using NpgsqlBatch end = new(tenant.Connection, transaction);
        end.Add(PassageSql.RemoveStaged).With(claim.Path).With(claim.Number);
        NpgsqlBatchCommand put = end.Add(
            """
            insert into staged_documents (path, etag, content_hash, title, media_type, bytes, metadata, version, chunks, length)
            select $1, $3, $4, $5, $6, $7, $8::jsonb, $2, $9, $10
            where not exists (select from removed_documents where path = $1 and claim > $2)
                and not exists (select from documents where path = $1 and claim > $2)
            on conflict (path) do nothing
            """);
        put.With(claim.Path).With(claim.Number).With(head.ETag).With(head.ContentHash).With(head.Title).With(head.MediaType)
            .With(head.Bytes).With(head.Metadata).With(totals.Chunks).With(totals.Words);
        await end.ExecuteNonQueryAsync(cancellationToken);
        if (put.RecordsAffected != 1)
        {
            return false;
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The next chunks without an embedding, in order, from the one after <paramref name="after"/>; from the first if that is null.</summary>
    public async Task<IReadOnlyList<StagedChunk>> NextAsync(long? after, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            """
            select id, heading, content from staged_chunks
            where id > coalesce($3, ($1 << 20) - 1) and id < ($1 + 1) << 20 and embedding is null order by id limit $2
            """,
            tenant.Connection);
        command.With(claim.Number).With(limit).With(after);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<StagedChunk> chunks = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            chunks.Add(new StagedChunk(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        }

        return chunks;
    }

    /// <summary>Stores embeddings of chunks, in the same order.</summary>
    /// <exception cref="ModelChangedException">The database holds vectors of another model by now.</exception>
    public async Task StoreAsync(
        IReadOnlyList<StagedChunk> chunks, IReadOnlyList<ReadOnlyMemory<float>> embeddings, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            """
            update staged_chunks c set embedding = ($2::real[])[(n.ordinality - 1) * $3 + 1 : n.ordinality * $3]::halfvec
            from unnest($1::bigint[]) with ordinality n (id, ordinality)
            where c.id = n.id and (select 1 / (embedding_model = $4)::int from settings) = 1
            """,
            tenant.Connection);
        command.With(chunks.Select(chunk => chunk.Id).ToArray()).With(Vectors.Join(embeddings)).With(embeddings[0].Length).With(model);
        await ModelChangedException.GuardAsync(() => command.ExecuteNonQueryAsync(cancellationToken));
    }

    /// <summary>Publishes the staged version in place of the present one, slice by slice, in one transaction.</summary>
    /// <param name="keeper">Told that the work goes on.</param>
    /// <param name="cancellationToken">Nothing is published.</param>
    /// <returns>What was published; null when nothing is staged under this claim, or it was overtaken.</returns>
    /// <exception cref="ModelChangedException">The database holds vectors of another model by now.</exception>
    public Task<PublishedDocument?> PublishAsync(ClaimKeeper keeper, CancellationToken cancellationToken) =>
        ModelChangedException.GuardAsync(() => PublishStagedAsync(keeper, cancellationToken));

    private async Task<PublishedDocument?> PublishStagedAsync(ClaimKeeper keeper, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await tenant.Connection.BeginTransactionAsync(cancellationToken);
        if (await LockAndFindAsync(transaction, cancellationToken) is not { } staged)
        {
            return null;
        }

        for (int start = 0; start < staged.Document.Chunks; start += MovedAtATime)
        {
            await using NpgsqlCommand move = new(Move, tenant.Connection, transaction);
            await move.With((claim.Number << 20) + start).With((claim.Number << 20) + start + MovedAtATime).ExecuteNonQueryAsync(cancellationToken);
            await keeper.KeepAsync(cancellationToken);
        }

        await using NpgsqlBatch batch = new(tenant.Connection, transaction);
        batch.Add(PassageSql.RemoveOlder).With(claim.Path).With(claim.Number).With(Shard).With(claim.Until).With((long?)null);
        batch.Add(
                """
                insert into documents as d (path, etag, content_hash, title, media_type, bytes, metadata, version, claim, chunks, length)
                select path, etag, content_hash, title, media_type, bytes, metadata, version, version, chunks, length
                from staged_documents
                where path = $1 and version = $2 and now() < $3
                    and not exists (select from removed_documents where path = $1 and claim > $2)
                on conflict (path) do update
                set etag = excluded.etag, content_hash = excluded.content_hash, title = excluded.title, media_type = excluded.media_type,
                    bytes = excluded.bytes, metadata = excluded.metadata, version = excluded.version, claim = excluded.claim,
                    chunks = excluded.chunks, length = excluded.length, updated_at = now()
                where d.claim < excluded.claim
                """)
            .With(claim.Path).With(claim.Number).With(claim.Until);
        batch.Add("delete from staged_documents where path = $1 and version = $2").With(claim.Path).With(claim.Number);
        NpgsqlBatchCommand last = batch.Add(PassageSql.AddStatistics)
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
            """
            select title, media_type, chunks, metadata, length,
                (select coalesce(sum(tokens), 0)::bigint from chunks where id >= $2 << 20 and id < ($2 + 1) << 20)
            from documents where path = $1 and version = $2
            """,
            tenant.Connection);
        return (await ReadAsync(command, cancellationToken))?.Document;
    }

    private async Task<(PublishedDocument Document, long Words)?> LockAndFindAsync(
        NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(tenant.Connection, transaction);
        batch.AddLock(claim, model);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await using NpgsqlCommand find = new(
            """
            select title, media_type, chunks, metadata, length,
                (select coalesce(sum(tokens), 0)::bigint from staged_chunks where id >= $2 << 20 and id < ($2 + 1) << 20)
            from staged_documents where path = $1 and version = $2
            """,
            tenant.Connection,
            transaction);
        return await ReadAsync(find, cancellationToken);
    }

    private async Task<(PublishedDocument Document, long Words)?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        command.With(claim.Path).With(claim.Number);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (new PublishedDocument(
                reader.Optional<string>(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt64(5), reader.GetString(3)), reader.GetInt64(4))
            : null;
    }

    // The version that is staged for the path now, if any: its embeddings are paid for as well.
    private async Task<long?> LockAndFindStagedAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch begin = new(tenant.Connection, transaction);
        begin.AddLock(claim, model);
        await begin.ExecuteNonQueryAsync(cancellationToken);
        await using NpgsqlCommand find = new(
            "select version from staged_documents where path = $1 and version < $2", tenant.Connection, transaction);
        return (long?)await find.With(claim.Path).With(claim.Number).ExecuteScalarAsync(cancellationToken);
    }

    private void AddSlice(NpgsqlBatch batch, DocumentSlice slice, KnownVectors known, long? before)
    {
        if (slice.Texts.Count > 0)
        {
            batch.AddTexts(claim, slice.Texts, always: true);
        }

        long?[] present = [.. slice.Chunks.Select(chunk => known.Ids.TryGetValue(chunk.ContentHash, out long id) ? id : (long?)null)];
        ChunkColumns.Of(slice.Chunks).AddTo(batch.Add(
                $"""
                insert into staged_chunks (id, heading, page, start_at, end_at, length, tokens, content_hash, content, language, embedding)
                select ($2 << 20) + c.ordinal, c.heading, c.page, c.start_at, c.end_at, c.length, c.tokens, c.content_hash, c.content,
                    $14::text::regconfig, coalesce(e.embedding, s.embedding)
                from {ChunkColumns.Rows}
                left join unnest($3::int[], $12::bigint[]) as k (ordinal, present) using (ordinal)
                left join embeddings e on e.id = k.present
                left join (
                    select distinct on (content_hash) content_hash, embedding from staged_chunks
                    where id >= $13 << 20 and id < ($13 + 1) << 20 and embedding is not null and content_hash = any ($10::uuid[])
                    order by content_hash) s on s.content_hash = c.content_hash
                """)
            .With(claim.Path).With(claim.Number)).With(present).With(before).With(slice.Language);
    }
}
