using System.Text.Json;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>What tenants' documents there are and how far they have come, read without waking a tenant's database.</summary>
public sealed class Manifest(WorkStore work)
{
    /// <summary>What <see cref="Read"/> reads.</summary>
    internal const string Columns =
        "path, state, title, media_type, bytes, chunks, etag, metadata, uploaded_at, ready_at, searchable_etag is not null, failure_step, failure_reason";

    /// <summary>One document, or null.</summary>
    public async Task<DocumentStatus?> FindAsync(Guid tenantUid, DocumentPath path, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work
            .Command($"select {Columns} from work.documents where tenant_uid = $1 and path = $2").With(tenantUid).With(path.Value);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Documents by path, from the one after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    /// <exception cref="InvalidInputException">There is no such state.</exception>
    public async Task<IReadOnlyList<DocumentStatus>> ListAsync(
        Guid tenantUid, string? prefix, string? after, int limit, CancellationToken cancellationToken, string? state = null)
    {
        // In the text of the statement, so that it may use the index of failed ones.
        string ofState = state is null ? string.Empty : $"and state = '{DocumentStates.Require(state)}'";
        await using NpgsqlCommand command = work.Command(
                $"""
                select {Columns} from work.documents
                where tenant_uid = $1 and path > $2 and ($3 is null or starts_with(path, $3)) {ofState} order by path limit $4
                """)
            .With(tenantUid).With(after ?? string.Empty).With(prefix).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<DocumentStatus> documents = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            documents.Add(Read(reader));
        }

        return documents;
    }

    /// <summary>Writes down a version whose tenant does not serve now. It is looked at again after a pause.</summary>
    internal async Task PostponeAsync(
        Guid tenantUid, DocumentPath path, BlobVersion version, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                insert into work.documents as d (tenant_uid, path, etag, state, bytes, uploaded_at, claim, next_attempt_at)
                values ($1, $2, $3, 'queued', $4, $5, nextval('work.claims'), now() + $6)
                on conflict (tenant_uid, path) do update
                set etag = excluded.etag, state = 'queued', bytes = excluded.bytes, uploaded_at = excluded.uploaded_at,
                    claim = excluded.claim, next_attempt_at = excluded.next_attempt_at, turn_at = null,
                    attempts = case when d.etag = excluded.etag then d.attempts else 0 end,
                    lapses = case when d.etag <> excluded.etag then 0 when d.state = 'chunking' then d.lapses + 1 else d.lapses end,
                    busy_until = null, failure_step = null, failure_reason = null
                where d.etag <> excluded.etag or d.next_attempt_at <= now()
                """)
            .With(tenantUid).With(path.Value).With(version.ETag).With(version.Bytes).With(version.UploadedAt).With(pause);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Has a document that is due looked at again after a pause. Nothing is known of it.</summary>
    /// <returns>False where it is not due.</returns>
    internal async Task<bool> PutOffAsync(Guid tenantUid, DocumentPath path, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents set next_attempt_at = now() + $3, turn_at = null, busy_until = null
                where tenant_uid = $1 and path = $2 and next_attempt_at <= now() and (busy_until is null or busy_until <= now())
                """)
            .With(tenantUid).With(path.Value).With(pause);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Notes that the blob of a document is gone whose tenant does not serve now. It is looked at again after a pause.</summary>
    internal async Task PostponeRemovalAsync(Guid tenantUid, DocumentPath path, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents
                set state = 'queued', claim = nextval('work.claims'), attempts = 0, next_attempt_at = now() + $3, turn_at = null
                where tenant_uid = $1 and path = $2 and (next_attempt_at is null or next_attempt_at <= now())
                """)
            .With(tenantUid).With(path.Value).With(pause);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Lets a staged document wait whose tenant does not serve now.</summary>
    internal async Task PostponeEmbeddingAsync(Guid tenantUid, DocumentPath path, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents set attempts = 0, next_attempt_at = now() + $3, turn_at = null
                where tenant_uid = $1 and path = $2 and state = 'embedding' and next_attempt_at <= now()
                """)
            .With(tenantUid).With(path.Value).With(pause);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Puts documents back that their tenant's plan had no room for, because it may have now: at most so many, those first that have
    /// waited longest. They are taken up within seconds; what still finds no room fails again.
    /// </summary>
    internal async Task RequeueQuotaFailuresAsync(Guid tenantUid, int most, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents d
                set state = 'queued', attempts = 0, next_attempt_at = now(), turn_at = null, failure_step = null, failure_reason = null
                from (
                    select path from work.documents where tenant_uid = $1 and failure_step = 'quota' and state = 'failed'
                    order by claim limit $2 for update skip locked) refused
                where d.tenant_uid = $1 and d.path = refused.path
                """)
            .With(tenantUid).With(most);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets all documents of a tenant that is erased.</summary>
    internal Task ForgetTenantAsync(Guid tenantUid, CancellationToken cancellationToken) => work.ForgetTenantAsync(tenantUid, cancellationToken);

    internal static DocumentStatus Read(NpgsqlDataReader reader) => new(
        reader.GetString(0),
        reader.GetString(1),
        reader.Optional<string>(2),
        reader.Optional<string>(3),
        reader.GetInt64(4),
        reader.GetInt32(5),
        reader.GetString(6),
        JsonElement.Parse(reader.GetString(7)),
        reader.GetFieldValue<DateTimeOffset>(8),
        reader.Optional<DateTimeOffset?>(9),
        reader.GetBoolean(10),
        reader.IsDBNull(12) ? null : new DocumentFailure(reader.Optional<string>(11) ?? string.Empty, reader.GetString(12)));
}
