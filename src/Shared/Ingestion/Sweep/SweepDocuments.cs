using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// Compares tenants' blobs with their documents and notes what no event has told: blobs without their document, documents without
/// their blob. Looks at storage and the work store alone; no tenant's database wakes unless there is something to repair.
/// </summary>
public sealed class SweepDocuments(
    TenantCatalog tenants,
    Regions regions,
    DocumentBlobs blobs,
    WorkStore work,
    SweepRounds rounds,
    IOptions<IngestionOptions> options,
    TimeProvider time,
    ILogger<SweepDocuments> logger)
{
    private const int TenantsPerPage = 100;
    private const int RowsPerPage = 5_000;

    // A run ends after the tenant at which its time is over. The next goes on.
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(45);

    /// <summary>Goes on with the round that is due, for a while.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string? after = await rounds.BeginAsync(options.Value.SweepInterval, cancellationToken);
        long started = time.GetTimestamp();
        while (after is not null)
        {
            IReadOnlyList<Tenant> page = await tenants.ListAsync(TenantState.Active, regions.Here, after, TenantsPerPage, cancellationToken);
            foreach (Tenant tenant in page)
            {
                if (time.GetElapsedTime(started) > LongestRun)
                {
                    await rounds.PauseAsync(cancellationToken);
                    return;
                }

                (long noted, long removed) = await TryCompareAsync(tenant, cancellationToken);
                await rounds.AdvanceAsync(tenant.Id, noted, removed, cancellationToken);
                after = tenant.Id.Value;
            }

            if (page.Count < TenantsPerPage)
            {
                (int count, long noted, long removed) = await rounds.FinishAsync(cancellationToken);
                Log.Swept(logger, count, noted, removed);
                return;
            }
        }
    }

    /// <summary>A tenant whose blobs cannot be listed to their end is left to the next round: half a list is none.</summary>
    private async Task<(long Noted, long Removed)> TryCompareAsync(Tenant tenant, CancellationToken cancellationToken)
    {
        try
        {
            return await CompareAsync(tenant, cancellationToken);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException { InnerException: RequestFailedException })
        {
            Log.SweepFailed(logger, tenant.Uid, exception);
            return (0, 0);
        }
    }

    private async Task<(long Noted, long Removed)> CompareAsync(Tenant tenant, CancellationToken cancellationToken)
    {
        // What has changed since may be in only one of the two, and an event tells of it.
        DateTimeOffset since = time.GetUtcNow() - options.Value.SweepGrace;
        HashSet<UInt128> paths = [];
        long noted = 0;
        await foreach (IReadOnlyList<(DocumentPath Path, BlobVersion Version)> page in blobs.PagesAsync(tenant.Id, cancellationToken))
        {
            paths.UnionWith(page.Select(blob => Hash(blob.Path.Value)));
            noted += await NoteAsync(tenant.Uid, [.. page.Where(blob => blob.Version.UploadedAt < since)], since, cancellationToken);
        }

        long removed = 0;
        string? after = string.Empty;
        while (after is not null)
        {
            List<string> page = await ListAsync(tenant.Uid, after, since, cancellationToken);
            string[] gone = [.. page.Where(path => !paths.Contains(Hash(path)))];
            removed += gone.Length == 0 ? 0 : await NoteRemovalsAsync(tenant.Uid, gone, since, cancellationToken);
            after = page.Count < RowsPerPage ? null : page[^1];
        }

        return (noted, removed);
    }

    private async Task<int> NoteAsync(
        Guid tenantUid, (DocumentPath Path, BlobVersion Version)[] found, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (found.Length == 0)
        {
            return 0;
        }

        await using NpgsqlCommand command = work.Command(
                """
                insert into work.documents as d (tenant_uid, path, etag, state, bytes, uploaded_at, claim, next_attempt_at)
                select $1, b.path, b.etag, 'queued', b.bytes, b.uploaded_at, nextval('work.claims'), now()
                from unnest($2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) b (path, etag, bytes, uploaded_at)
                where not exists (select from work.documents k where k.tenant_uid = $1 and k.path = b.path and k.etag = b.etag)
                on conflict (tenant_uid, path) do update
                set etag = excluded.etag, state = 'queued', bytes = excluded.bytes, uploaded_at = excluded.uploaded_at,
                    claim = excluded.claim, attempts = 0, lapses = 0, next_attempt_at = now(), busy_until = null,
                    failure_step = null, failure_reason = null
                where d.etag <> excluded.etag and d.changed_at < $6
                """)
            .With(tenantUid)
            .With(Array.ConvertAll(found, blob => blob.Path.Value)).With(Array.ConvertAll(found, blob => blob.Version.ETag))
            .With(Array.ConvertAll(found, blob => blob.Version.Bytes)).With(Array.ConvertAll(found, blob => blob.Version.UploadedAt.ToUniversalTime()))
            .With(since);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Documents that nobody is about to look at anyway.</summary>
    private async Task<List<string>> ListAsync(Guid tenantUid, string after, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                select path from work.documents
                where tenant_uid = $1 and path > $2 and state in ('ready', 'failed', 'embedding') and changed_at < $3
                order by path limit $4
                """)
            .With(tenantUid).With(after).With(since).With(RowsPerPage);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> paths = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            paths.Add(reader.GetString(0));
        }

        return paths;
    }

    private async Task<int> NoteRemovalsAsync(Guid tenantUid, string[] gone, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents
                set state = 'queued', claim = nextval('work.claims'), attempts = 0, lapses = 0, next_attempt_at = now(), busy_until = null,
                    failure_step = null, failure_reason = null
                where tenant_uid = $1 and path = any ($2) and state in ('ready', 'failed', 'embedding') and changed_at < $3
                """)
            .With(tenantUid).With(gone).With(since);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A million paths are 16 MB so, whatever their length.</summary>
    private static UInt128 Hash(string path) => MemoryMarshal.Read<UInt128>(SHA256.HashData(Encoding.UTF8.GetBytes(path)));
}
