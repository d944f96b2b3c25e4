using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// Who works on which document. A claim lapses after a while, so that a dead host's work is taken up again; what a lapsed or
/// overtaken claim then writes changes nothing, since each write names its claim.
/// </summary>
public sealed class Claims(WorkStore work, IOptions<IngestionOptions> options)
{
    /// <summary>After what time an attempt that goes on has to renew its claim. As long before a claim lapses, what it publishes must be on its way.</summary>
    internal TimeSpan RenewedAfter => Lease / 5;

    private TimeSpan Lease => options.Value.Lease;

    /// <summary>Claims a version that is in storage; null when it has been taken in already, or somebody is at it.</summary>
    /// <param name="tenantUid">Whose.</param>
    /// <param name="path">Where.</param>
    /// <param name="version">Which.</param>
    /// <param name="count">Whether it counts for its tenant's plan without being admitted first.</param>
    /// <param name="cancellationToken">Claims nothing.</param>
    internal async Task<DocumentClaim?> TakeAsync(
        Guid tenantUid, DocumentPath path, BlobVersion version, bool count, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                with before as (select etag from work.documents where tenant_uid = $1 and path = $2)
                insert into work.documents as d
                    (tenant_uid, path, etag, state, bytes, uploaded_at, claim, attempts, next_attempt_at, busy_until, counted_bytes)
                values ($1, $2, $3, 'chunking', $4, $5, nextval('work.claims'), 1, now() + $6, now() + $6, case when $7 then $4 end)
                on conflict (tenant_uid, path) do update
                set etag = excluded.etag, state = 'chunking', bytes = excluded.bytes, uploaded_at = excluded.uploaded_at,
                    claim = excluded.claim, attempts = case when d.etag = excluded.etag then d.attempts + 1 else 1 end,
                    lapses = case when d.etag <> excluded.etag then 0 when d.state = 'chunking' then d.lapses + 1 else d.lapses end,
                    next_attempt_at = excluded.next_attempt_at, busy_until = excluded.busy_until, failure_step = null, failure_reason = null,
                    counted_bytes = coalesce(excluded.counted_bytes, d.counted_bytes)
                where d.etag <> excluded.etag or (d.next_attempt_at <= now()
                    and (d.state in ('queued', 'chunking') or (d.state = 'failed' and d.failure_step = 'quota')))
                returning d.claim, d.attempts, d.lapses, d.next_attempt_at, d.searchable_etag is not null,
                    d.xmax <> 0 and (select etag from before) is distinct from $3, d.bytes, d.chunks,
                    d.counted_bytes is not distinct from d.bytes
                """)
            .With(tenantUid).With(path.Value).With(version.ETag).With(version.Bytes).With(version.UploadedAt).With(Lease).With(count);
        return await ReadAsync(command, tenantUid, path, cancellationToken);
    }

    /// <summary>Claims a document whose blob is gone; null when the manifest does not know it.</summary>
    internal async Task<DocumentClaim?> TakeRemovalAsync(Guid tenantUid, DocumentPath path, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents
                set state = 'chunking', claim = nextval('work.claims'), attempts = attempts + 1, next_attempt_at = now() + $3,
                    busy_until = now() + $3
                where tenant_uid = $1 and path = $2
                returning claim, attempts, 0, next_attempt_at, searchable_etag is not null, false, bytes, chunks, true
                """)
            .With(tenantUid).With(path.Value).With(Lease);
        return await ReadAsync(command, tenantUid, path, cancellationToken);
    }

    /// <summary>Claims a staged document that waits for embeddings; null when it does not, or somebody is at it.</summary>
    internal async Task<DocumentClaim?> TakeEmbeddingAsync(Guid tenantUid, DocumentPath path, CancellationToken cancellationToken)
    {
        // The claim keeps its number: it is the staged version's.
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents set next_attempt_at = now() + $3, busy_until = now() + $3, attempts = attempts + 1
                where tenant_uid = $1 and path = $2 and state = 'embedding' and next_attempt_at <= now()
                returning claim, attempts, 0, next_attempt_at, searchable_etag is not null, false, bytes, chunks, true
                """)
            .With(tenantUid).With(path.Value).With(Lease);
        return await ReadAsync(command, tenantUid, path, cancellationToken);
    }

    /// <summary>Keeps a claim for longer, while its holder is at work.</summary>
    /// <returns>False when it was overtaken.</returns>
    internal Task<bool> RenewAsync(DocumentClaim claim, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                update work.documents set next_attempt_at = now() + $4, busy_until = now() + $4
                where tenant_uid = $1 and path = $2 and claim = $3
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number).With(Lease),
        cancellationToken);

    /// <summary>The version is published.</summary>
    /// <returns>False when the claim was overtaken: somebody has to look at the path again.</returns>
    internal Task<bool> FinishAsync(DocumentClaim claim, PublishedDocument document, CancellationToken cancellationToken) =>
        ExecuteAsync(
            work.Command(
                    """
                    update work.documents
                    set state = 'ready', searchable_etag = etag, title = $4, media_type = $5, chunks = $6, tokens = $7,
                        metadata = $8::jsonb, ready_at = now(), next_attempt_at = null, turn_at = null, busy_until = null,
                        failure_step = null, failure_reason = null
                    where tenant_uid = $1 and path = $2 and claim = $3
                    """)
                .With(claim.TenantUid).With(claim.Path).With(claim.Number).With(document.Title).With(document.MediaType)
                .With(document.Chunks).With(document.Tokens).With(document.Metadata),
            cancellationToken);

    /// <summary>The version is staged and waits for embeddings, or for more of them. It keeps its turn: what was begun comes first.</summary>
    internal Task<bool> AwaitEmbeddingAsync(DocumentClaim claim, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                update work.documents set state = 'embedding', attempts = 0, next_attempt_at = now(), turn_at = now(), busy_until = null
                where tenant_uid = $1 and path = $2 and claim = $3
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number),
        cancellationToken);

    /// <summary>The document waits for others. It is looked at again after a pause, which is no failure.</summary>
    internal Task<bool> PauseAsync(DocumentClaim claim, TimeSpan pause, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                update work.documents set state = 'queued', next_attempt_at = now() + $4, turn_at = null, busy_until = null
                where tenant_uid = $1 and path = $2 and claim = $3
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number).With(pause),
        cancellationToken);

    /// <summary>The document is to be looked at from the beginning.</summary>
    internal Task<bool> StartAnewAsync(DocumentClaim claim, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                update work.documents set state = 'queued', next_attempt_at = now(), turn_at = null, busy_until = null
                where tenant_uid = $1 and path = $2 and claim = $3
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number),
        cancellationToken);

    /// <summary>The document is gone.</summary>
    internal Task<bool> RemoveAsync(DocumentClaim claim, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                with gone as (delete from work.documents where tenant_uid = $1 and path = $2 and claim = $3 returning tenant_uid, path)
                insert into work.removed_documents (tenant_uid, path) select tenant_uid, path from gone
                on conflict (tenant_uid, path) do update set removed_at = excluded.removed_at
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number),
        cancellationToken);

    /// <summary>
    /// The attempt failed. With a pause it is due again after it; without, it has failed for good. One that was throttled does not
    /// count, and keeps its turn meanwhile: the tenant's next document would only meet the same refusal.
    /// </summary>
    internal Task<bool> FailAsync(
        DocumentClaim claim, string state, DocumentFailure failure, Retry? retry, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                update work.documents
                set state = $4, failure_step = $5, failure_reason = $6, next_attempt_at = now() + $7,
                    attempts = case when $8 then greatest(attempts - 1, 0) else attempts end,
                    turn_at = case when $8 then turn_at end, busy_until = case when $8 then now() + $7 end
                where tenant_uid = $1 and path = $2 and claim = $3
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number).With(retry is null ? DocumentStates.Failed : state)
            .With(failure.Step).With(failure.Reason).With(retry?.Pause).With(retry?.Throttled ?? false),
        cancellationToken);

    /// <summary>
    /// The plan has no room for the version: nothing is stored of it, and it does not count. It is tried again at the time given,
    /// or when somebody puts it back.
    /// </summary>
    internal Task<bool> RefuseAsync(DocumentClaim claim, string reason, DateTimeOffset again, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                update work.documents
                set state = 'failed', failure_step = 'quota', failure_reason = $4, next_attempt_at = $5, turn_at = null, busy_until = null,
                    counted_bytes = case when searchable_etag is not null then counted_bytes end
                where tenant_uid = $1 and path = $2 and claim = $3
                """)
            .With(claim.TenantUid).With(claim.Path).With(claim.Number).With(reason).With(again),
        cancellationToken);

    private async Task<DocumentClaim?> ReadAsync(
        NpgsqlCommand command, Guid tenantUid, DocumentPath path, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new DocumentClaim(
                tenantUid,
                path.Value,
                reader.GetInt64(0),
                reader.GetInt32(1),
                reader.GetInt32(2),
                reader.GetFieldValue<DateTimeOffset>(3) - RenewedAfter,
                reader.GetBoolean(4),
                reader.GetBoolean(5),
                reader.GetInt64(6),
                reader.GetInt32(7),
                reader.GetBoolean(8))
            : null;
    }

    private static async Task<bool> ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        }
    }
}
