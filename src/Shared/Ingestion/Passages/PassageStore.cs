using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// Writes documents into their tenant's database. A version appears whole and takes the place of the one before it in the same
/// transaction. Attempts at one path are serialised, and one with a lower claim than the path has seen changes nothing.
/// </summary>
internal sealed class PassageStore(TenantConnection tenant, DocumentClaim claim, string model)
{
    private short Shard => (short)(claim.Number % 16);

    /// <summary>Takes the path's present content as the blob's new version, if it is the same.</summary>
    /// <returns>The published document; or null, when its content is another, and what is known of its embeddings.</returns>
    public async Task<(PublishedDocument? Same, KnownVectors Known)> KeepSameAsync(
        string etag, byte[]? contentHash, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(tenant.Connection);
        batch.Add(PassageSql.Lock).With(claim.Path);
        batch.Add(
                """
                with same as (
                    update documents set etag = $2, claim = $4, updated_at = now() where path = $1 and content_hash = $3 and claim < $4
                    returning title, media_type, chunks, metadata, version),
                superseded as (
                    delete from staged_documents where path = $1 and version < $4 and exists (select from same) returning version),
                unread as (delete from texts t using superseded s where t.version = s.version),
                waiting as (delete from staged_chunks c using superseded s where c.id >= s.version << 20 and c.id < (s.version + 1) << 20)
                select s.title, s.media_type, s.chunks, s.metadata,
                    (select coalesce(sum(c.tokens), 0)::bigint from chunks c where c.id >= s.version << 20 and c.id < (s.version + 1) << 20)
                from same s
                """)
            .With(claim.Path).With(etag).With(contentHash).With(claim.Number);
        batch.Add(
                """
                select d.version, c.id, c.content_hash from documents d join chunks c on c.id >= d.version << 20 and c.id < (d.version + 1) << 20
                where d.path = $1 and d.content_hash is distinct from $2
                """)
            .With(claim.Path).With(contentHash);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
        {
            return (new PublishedDocument(
                reader.Optional<string>(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt64(4), reader.GetString(3)), KnownVectors.None);
        }

        await reader.NextResultAsync(cancellationToken);
        long? version = null;
        Dictionary<Guid, long> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            version = reader.GetInt64(0);
            ids[reader.GetGuid(2)] = reader.GetInt64(1);
        }

        return (null, new KnownVectors(version, ids));
    }

    /// <summary>Publishes a version: of one slice in one round trip, else slice by slice in one transaction.</summary>
    /// <param name="describe">The version, asked for when all slices are there.</param>
    /// <param name="first">The first slice.</param>
    /// <param name="next">Makes the next slice, while one is being written.</param>
    /// <param name="known">Embeddings that are kept.</param>
    /// <param name="cancellationToken">Nothing is published.</param>
    /// <returns>
    /// What was published; null when the claim has lapsed or was overtaken, or when embeddings were to be kept of a version that is gone.
    /// </returns>
    /// <exception cref="ModelChangedException">The database holds vectors of another model.</exception>
    public Task<PublishedDocument?> PublishAsync(
        Func<DocumentHead> describe, EmbeddedSlice first, Func<Task<EmbeddedSlice>> next, KnownVectors known, CancellationToken cancellationToken) =>
        ModelChangedException.GuardAsync(() => PublishOwnAsync(describe, first, next, known, cancellationToken));

    private async Task<PublishedDocument?> PublishOwnAsync(
        Func<DocumentHead> describe, EmbeddedSlice first, Func<Task<EmbeddedSlice>> next, KnownVectors known, CancellationToken cancellationToken)
    {
        if (first.Slice.IsLast)
        {
            return await PublishAsync(describe(), first, known, cancellationToken);
        }

        await using NpgsqlTransaction transaction = await tenant.Connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(transaction, batch => batch.AddLock(claim, model), cancellationToken);
        (DocumentTotals totals, long? basis) = await WriteSlicesAsync(transaction, first, next, known, cancellationToken);
        DocumentHead head = describe();
        NpgsqlBatchCommand last = new();
        await ExecuteAsync(
            transaction,
            batch =>
            {
                AddRemoval(batch, basis);
                AddDocument(batch, head, totals, basis);
                last = AddStatistics(batch, totals);
            },
            cancellationToken);
        if (last.RecordsAffected != 1)
        {
            return null;
        }

        await transaction.CommitAsync(cancellationToken);
        return Published(head, totals);
    }

    /// <summary>Removes the document and everything staged for it, and remembers that it did.</summary>
    /// <returns>False when the claim has lapsed, and nothing was removed.</returns>
    public async Task<bool> RemoveAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(tenant.Connection);
        batch.Add(PassageSql.Lock).With(claim.Path);
        AddRemoval(batch, basis: null);
        batch.Add("delete from documents where path = $1 and claim < $2 and now() < $3")
            .With(claim.Path).With(claim.Number).With(claim.Until);
        NpgsqlBatchCommand last = AddRefusalOfOlder(batch);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return last.RecordsAffected == 1;
    }

    /// <summary>
    /// Removes what this attempt and older ones have staged for the path, and sees to it that no older one will stage or publish anything
    /// any more. What is published stays.
    /// </summary>
    public async Task RemoveStagedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(tenant.Connection);
        batch.Add(PassageSql.Lock).With(claim.Path);
        batch.Add(PassageSql.RemoveStaged).With(claim.Path).With(claim.Number);
        AddRefusalOfOlder(batch);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlBatchCommand AddRefusalOfOlder(NpgsqlBatch batch)
    {
        batch.Add("delete from removed_documents where removed_at < now() - interval '1 hour'");
        return batch.Add(
                """
                insert into removed_documents as r (path, claim) select $1, $2 where now() < $3
                on conflict (path) do update set claim = greatest(r.claim, excluded.claim), removed_at = now()
                """)
            .With(claim.Path).With(claim.Number).With(claim.Until);
    }

    private async Task<PublishedDocument?> PublishAsync(
        DocumentHead head, EmbeddedSlice whole, KnownVectors known, CancellationToken cancellationToken)
    {
        // A single batch is a transaction.
        await using NpgsqlBatch batch = new(tenant.Connection);
        batch.AddLock(claim, model);
        long? basis = AddKept(batch, whole, known);
        AddRemoval(batch, basis);
        DocumentTotals totals = default(DocumentTotals).With(whole.Slice);
        AddDocument(batch, head, totals, basis);
        AddSlice(batch, whole, always: false);
        NpgsqlBatchCommand last = AddStatistics(batch, totals);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return last.RecordsAffected == 1 ? Published(head, totals) : null;
    }

    private async Task<(DocumentTotals Totals, long? Basis)> WriteSlicesAsync(
        NpgsqlTransaction transaction, EmbeddedSlice first, Func<Task<EmbeddedSlice>> next, KnownVectors known, CancellationToken cancellationToken)
    {
        DocumentTotals totals = default;
        long? basis = null;
        for (EmbeddedSlice? slice = first; slice is not null;)
        {
            EmbeddedSlice present = slice;
            totals = totals.With(present.Slice);
            Task<EmbeddedSlice>? following = present.Slice.IsLast ? null : next();
            try
            {
                await ExecuteAsync(
                    transaction,
                    batch =>
                    {
                        basis = AddKept(batch, present, known) ?? basis;
                        AddSlice(batch, present, always: true);
                    },
                    cancellationToken);
            }
            finally
            {
                // It reads from what the caller disposes.
                await (following ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            slice = following is null ? null : await following;
        }

        return (totals, basis);
    }

    private static PublishedDocument Published(DocumentHead head, DocumentTotals totals) =>
        new(head.Title, head.MediaType, totals.Chunks, totals.Tokens, head.Metadata);

    private long? AddKept(NpgsqlBatch batch, EmbeddedSlice slice, KnownVectors known)
    {
        (int[] ordinals, long[] ids) = known.Kept(slice.Slice.Chunks);
        if (ordinals.Length == 0)
        {
            return null;
        }

        batch.Add(PassageSql.KeepEmbeddings)
            .With(claim.Path).With(claim.Number).With(ordinals).With(ids).With(known.Version!.Value).With(claim.Until);
        return known.Version;
    }

    private void AddRemoval(NpgsqlBatch batch, long? basis)
    {
        batch.Add(PassageSql.RemoveOlder).With(claim.Path).With(claim.Number).With(Shard).With(claim.Until).With(basis);
        batch.Add(PassageSql.RemoveStaged).With(claim.Path).With(claim.Number);
    }

    private void AddDocument(NpgsqlBatch batch, DocumentHead head, DocumentTotals totals, long? basis) => batch.Add(PassageSql.PutDocument)
        .With(claim.Path).With(claim.Number).With(claim.Until).With(basis).With(head.ETag).With(head.ContentHash).With(head.Title)
        .With(head.MediaType).With(head.Bytes).With(head.Metadata).With(totals.Chunks).With(totals.Words);

    private void AddSlice(NpgsqlBatch batch, EmbeddedSlice embedded, bool always)
    {
        if (embedded.Slice.Texts.Count > 0)
        {
            batch.AddTexts(claim, embedded.Slice.Texts, always);
        }

        ChunkColumns.Of(embedded.Slice.Chunks).AddTo(batch.Add(PassageSql.PutChunks).With(claim.Path).With(claim.Number)).With(always)
            .With(embedded.Slice.Language);
        if (embedded.Missing.Count > 0)
        {
            int dimensions = embedded.Vectors[0].Length;
            batch.Add(PassageSql.PutEmbeddings)
                .With(claim.Path).With(claim.Number).With(embedded.Missing.Select(chunk => chunk.Ordinal).ToArray())
                .With(Vectors.Join(embedded.Vectors)).With(dimensions).With(always);
        }
    }

    private NpgsqlBatchCommand AddStatistics(NpgsqlBatch batch, DocumentTotals totals) => batch.Add(PassageSql.AddStatistics)
        .With(claim.Path).With(claim.Number).With(totals.Chunks).With(totals.Words).With(Shard);

    private async Task ExecuteAsync(NpgsqlTransaction transaction, Action<NpgsqlBatch> fill, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(tenant.Connection, transaction);
        fill(batch);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
