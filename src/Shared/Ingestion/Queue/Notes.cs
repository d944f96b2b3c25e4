using Freehold.Messaging;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// Writes down that a path is to be looked at, and takes the tenant's free turns, in one round trip. A note resets the claim: what is
/// being done for an earlier version comes to nothing.
/// </summary>
public sealed class Notes(WorkStore work, Turns turns)
{
    private const string Version =
        """
        insert into work.documents as d (tenant_uid, path, etag, state, bytes, uploaded_at, claim, next_attempt_at)
        values ($1, $2, $3, 'queued', $4, $5, nextval('work.claims'), now())
        on conflict (tenant_uid, path) do update
        set etag = excluded.etag, state = 'queued', bytes = excluded.bytes, uploaded_at = excluded.uploaded_at,
            claim = excluded.claim, attempts = 0, lapses = 0, next_attempt_at = now(), busy_until = null,
            failure_step = null, failure_reason = null
        where d.etag <> excluded.etag
        """;

    private const string Removal =
        """
        update work.documents
        set state = 'queued', claim = nextval('work.claims'), attempts = 0, lapses = 0, next_attempt_at = now(), busy_until = null,
            failure_step = null, failure_reason = null
        where tenant_uid = $1 and path = $2
        """;

    /// <summary>Writes down a version that has just been uploaded.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="path">Where.</param>
    /// <param name="version">Which.</param>
    /// <param name="mediaType">What it is.</param>
    /// <param name="count">
    /// Whether it counts for its tenant's plan from now on; otherwise it has to be admitted, and takes no turn before.
    /// </param>
    /// <param name="cancellationToken">Writes nothing.</param>
    internal async Task<(DocumentStatus Document, WakeUps WakeUps)> QueueAsync(
        TenantPlacement tenant, DocumentPath path, BlobVersion version, string mediaType, bool count, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.BatchOfTransactions();
        batch.Add(
                $"""
                insert into work.documents as d
                    (tenant_uid, path, etag, state, media_type, bytes, uploaded_at, claim, next_attempt_at, counted_bytes)
                values ($1, $2, $3, 'queued', $4, $5, $6, nextval('work.claims'), now(), case when $7 then $5 end)
                on conflict (tenant_uid, path) do update
                set etag = excluded.etag, state = 'queued', media_type = excluded.media_type, bytes = excluded.bytes,
                    uploaded_at = excluded.uploaded_at, claim = excluded.claim, attempts = 0, lapses = 0,
                    next_attempt_at = now(), busy_until = null, failure_step = null, failure_reason = null,
                    counted_bytes = coalesce(excluded.counted_bytes, d.counted_bytes)
                returning {Manifest.Columns}
                """)
            .With(tenant.Uid).With(path.Value).With(version.ETag).With(mediaType).With(version.Bytes).With(version.UploadedAt).With(count);
        if (count)
        {
            turns.AddTake(batch, tenant);
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        DocumentStatus document = Manifest.Read(reader);
        return (document, await ReadTakenAsync(reader, tenant, cancellationToken));
    }

    /// <summary>Notes a version that is in storage. One that is known already is left alone.</summary>
    internal Task<WakeUps> NoteAsync(TenantPlacement tenant, DocumentPath path, BlobVersion version, CancellationToken cancellationToken) =>
        NoteAsync(
            tenant,
            batch => batch.Add(Version)
                .With(tenant.Uid).With(path.Value).With(version.ETag).With(version.Bytes).With(version.UploadedAt),
            cancellationToken);

    /// <summary>The same, without turns: somebody else takes those.</summary>
    internal async Task NoteUnwokenAsync(Guid tenantUid, DocumentPath path, BlobVersion version, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(Version).With(tenantUid).With(path.Value).With(version.ETag).With(version.Bytes)
            .With(version.UploadedAt);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes that a document's blob is gone, without turns.</summary>
    internal async Task NoteRemovalUnwokenAsync(Guid tenantUid, DocumentPath path, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(Removal).With(tenantUid).With(path.Value);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes that a document's blob is gone.</summary>
    internal Task<WakeUps> NoteRemovalAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken) =>
        NoteAsync(
            tenant,
            batch => batch.Add(Removal)
                .With(tenant.Uid).With(path.Value),
            cancellationToken);

    /// <summary>Puts failed documents back to their beginning: the one at the path, or all.</summary>
    internal async Task<(int Count, WakeUps WakeUps)> RetryAsync(
        TenantPlacement tenant, DocumentPath? path, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.BatchOfTransactions();
        NpgsqlBatchCommand retry = batch.Add(
                """
                update work.documents
                set state = 'queued', claim = nextval('work.claims'), attempts = 0, lapses = 0, next_attempt_at = now(), turn_at = null,
                    busy_until = null, failure_step = null, failure_reason = null
                where tenant_uid = $1 and state = 'failed' and ($2 is null or path = $2)
                """)
            .With(tenant.Uid).With(path?.Value);
        turns.AddTake(batch, tenant);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        return ((int)retry.RecordsAffected, await Turns.ReadAsync(reader, tenant.Uid, cancellationToken));
    }

    /// <summary>Writes a document off whose wake-up could not be handled, unless it is done, or waits for its turn, or somebody is at it.</summary>
    internal Task<WakeUps> FailAsync(TenantPlacement tenant, DocumentPath path, string reason, CancellationToken cancellationToken) =>
        NoteAsync(
            tenant,
            batch => batch.Add(
                    """
                    update work.documents
                    set state = 'failed', claim = nextval('work.claims'), next_attempt_at = null, turn_at = null, busy_until = null,
                        failure_step = 'message', failure_reason = $3
                    where tenant_uid = $1 and path = $2 and state in ('queued', 'chunking', 'embedding') and next_attempt_at <= now()
                        and turn_at is not null and (busy_until is null or busy_until <= now())
                    """)
                .With(tenant.Uid).With(path.Value).With(reason),
            cancellationToken);

    /// <summary>Forgets a version that was not let in, unless another is there or was before.</summary>
    /// <returns>Whether it is forgotten.</returns>
    internal async Task<bool> ForgetRefusedAsync(Guid tenantUid, DocumentPath path, BlobVersion version, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                with gone as (
                    delete from work.documents
                    where tenant_uid = $1 and path = $2 and etag = $3 and counted_bytes is null and searchable_etag is null
                    returning tenant_uid, path)
                insert into work.removed_documents (tenant_uid, path) select tenant_uid, path from gone
                on conflict (tenant_uid, path) do update set removed_at = excluded.removed_at
                """)
            .With(tenantUid).With(path.Value).With(version.ETag);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<WakeUps> NoteAsync(TenantPlacement tenant, Action<NpgsqlBatch> note, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.BatchOfTransactions();
        note(batch);
        turns.AddTake(batch, tenant);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await Turns.ReadAsync(reader, tenant.Uid, cancellationToken);
    }

    private static async Task<WakeUps> ReadTakenAsync(NpgsqlDataReader reader, TenantPlacement tenant, CancellationToken cancellationToken) =>
        await reader.NextResultAsync(cancellationToken)
            ? await Turns.ReadAsync(reader, tenant.Uid, cancellationToken)
            : WakeUps.None;
}
