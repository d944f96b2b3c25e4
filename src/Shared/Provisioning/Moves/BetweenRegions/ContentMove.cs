using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves.BetweenRegions;

/// <summary>What a tenant has beside its database, on its way from another region to this one: its blobs, and what the work store knows of them.</summary>
internal sealed class ContentMove(TenantPlacement tenant, RegionReach from, RegionReach to)
{
    private readonly CopiedBlobs _copied = new(to.Work, tenant.Uid);

    /// <summary>The blobs, before the tenant is served here.</summary>
    public BlobCopy Blobs { get; } = new(tenant.Id, from.Documents, to.Documents, new CopiedBlobs(to.Work, tenant.Uid), isServed: false);

    /// <summary>Copies and compares the last of it, and has the copied database speak of the copied blobs. Nothing is uploaded meanwhile.</summary>
    /// <param name="database">The copied database.</param>
    /// <param name="requireLeaseAsync">Fails where another host may have switched already: what is here is the tenant's own then.</param>
    /// <param name="cancellationToken">Stops; the next attempt begins with what has changed.</param>
    public async Task FinishAsync(NpgsqlConnection database, Func<Task> requireLeaseAsync, CancellationToken cancellationToken)
    {
        do
        {
            while (await Blobs.RunAsync(GoOnAsync, cancellationToken) > 0)
            {
                // Until a round finds nothing.
            }

            await requireLeaseAsync();
        }
        while (await Blobs.CompareAsync(cancellationToken) > 0);
        await requireLeaseAsync();
        await new ManifestCopy(from.Work, to.Work, tenant.Uid).RunAsync(cancellationToken);

        Dictionary<DocumentPath, CopiedBlob> copied = await _copied.ReadAsync(cancellationToken);
        string[] paths = [.. copied.Values.Select(blob => blob.Path.Value)];
        string[] sourceETags = [.. copied.Values.Select(blob => blob.SourceETag)];
        string[] etags = [.. copied.Values.Select(blob => blob.ETag)];
        await using NpgsqlBatch batch = database.CreateBatch();
        foreach (string table in (string[])["documents", "staged_documents"])
        {
            batch.Add(
                    $"""
                    update {table} d set etag = c.etag
                    from unnest($1::text[], $2::text[], $3::text[]) c (path, source_etag, etag) where d.path = c.path and d.etag = c.source_etag
                    """)
                .With(paths).With(sourceETags).With(etags);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);

        async Task<bool> GoOnAsync(CopyProgress progress)
        {
            await requireLeaseAsync();
            return true;
        }
    }
}
