using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves.BetweenRegions;

/// <summary>A blob that was copied from another region.</summary>
/// <param name="Path">The document.</param>
/// <param name="SourceETag">Of the version that was copied.</param>
/// <param name="ETag">Of the version that this made here.</param>
internal sealed record CopiedBlob(DocumentPath Path, string SourceETag, string ETag);

/// <summary>Which blobs of a tenant are copies of which, in the work store of the region that it goes to.</summary>
internal sealed class CopiedBlobs(WorkStore work, Guid tenantUid)
{
    /// <summary>All of them, by path.</summary>
    public async Task<Dictionary<DocumentPath, CopiedBlob>> ReadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work
            .Command("select path, source_etag, etag from work.copied_blobs where tenant_uid = $1").With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<DocumentPath, CopiedBlob> copied = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            CopiedBlob blob = new(DocumentPath.Parse(reader.GetString(0)), reader.GetString(1), reader.GetString(2));
            copied.Add(blob.Path, blob);
        }

        return copied;
    }

    /// <summary>Notes copies that were made.</summary>
    public Task KeepAsync(IReadOnlyCollection<CopiedBlob> blobs, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command(
                """
                insert into work.copied_blobs (tenant_uid, path, source_etag, etag)
                select $1, b.path, b.source_etag, b.etag from unnest($2::text[], $3::text[], $4::text[]) b (path, source_etag, etag)
                on conflict (tenant_uid, path) do update set source_etag = excluded.source_etag, etag = excluded.etag
                """)
            .With(tenantUid).With(blobs.Select(blob => blob.Path.Value).ToArray())
            .With(blobs.Select(blob => blob.SourceETag).ToArray()).With(blobs.Select(blob => blob.ETag).ToArray()),
        cancellationToken);

    /// <summary>Forgets copies that are gone, or are to be made anew.</summary>
    public Task RemoveAsync(IEnumerable<DocumentPath> paths, CancellationToken cancellationToken) => ExecuteAsync(
        work.Command("delete from work.copied_blobs where tenant_uid = $1 and path = any ($2)")
            .With(tenantUid).With(paths.Select(path => path.Value).ToArray()),
        cancellationToken);

    /// <summary>Forgets all of them.</summary>
    public Task ForgetAsync(CancellationToken cancellationToken) => ExecuteAsync(
        work.Command("delete from work.copied_blobs where tenant_uid = $1").With(tenantUid), cancellationToken);

    private static async Task ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
