using System.Collections.Concurrent;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Provisioning.Moves.BetweenRegions;

/// <summary>
/// Copies a tenant's documents from another region's storage to this one's, through this host, as often as is asked: each round copies
/// what has changed since the one before. A blob's ETag tells its versions apart.
/// </summary>
/// <param name="tenant">The tenant.</param>
/// <param name="from">Where they are.</param>
/// <param name="to">Where they are to be.</param>
/// <param name="copied">What has been copied.</param>
/// <param name="isServed">
/// Whether the tenant is served here already: then what has come late is fetched, and what was written here since is left as it is.
/// </param>
internal sealed class BlobCopy(TenantId tenant, DocumentBlobs from, DocumentBlobs to, CopiedBlobs copied, bool isServed)
{
    // Of each as many as a block is in memory, 4 MiB.
    private const int AtATime = 8;
    private const int BlobsOfBatch = 64;
    private const string UnknownMediaType = "application/octet-stream";

    /// <summary>Copies what is missing or has changed, and deletes what is gone, until time is over.</summary>
    /// <param name="noteAsync">Told before every batch, and at the end; it says whether to go on.</param>
    /// <param name="cancellationToken">Stops; what is copied stays.</param>
    /// <returns>How many blobs were copied or deleted; null when it was stopped.</returns>
    public async Task<int?> RunAsync(Func<CopyProgress, Task<bool>> noteAsync, CancellationToken cancellationToken)
    {
        Dictionary<DocumentPath, string> there = await ListAsync(from, cancellationToken);
        Dictionary<DocumentPath, CopiedBlob> here = await copied.ReadAsync(cancellationToken);
        CopiedBlob[] gone = [.. here.Values.Where(blob => !there.ContainsKey(blob.Path))];
        DocumentPath[] missing = [.. there.Where(blob => here.GetValueOrDefault(blob.Key)?.SourceETag != blob.Value).Select(blob => blob.Key)];
        int done = there.Count - missing.Length;
        foreach (CopiedBlob[] batch in gone.Chunk(BlobsOfBatch))
        {
            // Another host may erase there by now, and have had this one find nothing.
            if (!await noteAsync(new CopyProgress(done, there.Count)))
            {
                return null;
            }

            await ForEachAsync(batch, blob => to.DeleteAsync(tenant, blob.Path, blob.ETag, cancellationToken), cancellationToken);
            await copied.RemoveAsync(batch.Select(blob => blob.Path), cancellationToken);
        }

        foreach (DocumentPath[] batch in missing.Chunk(BlobsOfBatch))
        {
            if (!await noteAsync(new CopyProgress(done, there.Count)))
            {
                return null;
            }

            ConcurrentBag<CopiedBlob> made = [];
            await ForEachAsync(
                batch,
                async path =>
                {
                    if (await CopyAsync(path, here.GetValueOrDefault(path), cancellationToken) is { } blob)
                    {
                        made.Add(blob);
                    }
                },
                cancellationToken);
            await copied.KeepAsync(made, cancellationToken);
            done += batch.Length;
        }

        return await noteAsync(new CopyProgress(done, there.Count)) ? gone.Length + missing.Length : null;
    }

    /// <summary>
    /// Compares what is here with what was copied: deletes what is no copy, and forgets copies that are not as they were made, so that the
    /// next round makes them again. Before the tenant is served here.
    /// </summary>
    /// <returns>How many were not as they should be.</returns>
    public async Task<int> CompareAsync(CancellationToken cancellationToken)
    {
        Dictionary<DocumentPath, string> here = await ListAsync(to, cancellationToken);
        Dictionary<DocumentPath, CopiedBlob> known = await copied.ReadAsync(cancellationToken);
        CopiedBlob[] changed = [.. known.Values.Where(blob => here.GetValueOrDefault(blob.Path) != blob.ETag)];
        KeyValuePair<DocumentPath, string>[] strange = [.. here.Where(blob => !known.ContainsKey(blob.Key))];
        await copied.RemoveAsync(changed.Select(blob => blob.Path), cancellationToken);
        await ForEachAsync(strange, blob => to.DeleteAsync(tenant, blob.Key, blob.Value, cancellationToken), cancellationToken);
        return changed.Length + strange.Length;
    }

    /// <returns>Null when it is no longer there: the next round sees what is.</returns>
    private async Task<CopiedBlob?> CopyAsync(DocumentPath path, CopiedBlob? known, CancellationToken cancellationToken)
    {
        await using OpenBlob? source = await from.OpenAsync(tenant, path, cancellationToken);
        if (source is null)
        {
            return null;
        }

        BlobUpload upload = new(source.MediaType ?? UnknownMediaType)
        {
            ExpectedLength = source.Version.Bytes,
            Metadata = source.Metadata,
            ContentMd5 = source.ContentMd5,
            Condition = !isServed ? null : known is null ? BlobCondition.Absent : BlobCondition.Version(known.ETag),
        };
        try
        {
            BlobVersion made = await to.UploadAsync(tenant, path, source.Content, upload, cancellationToken);
            return made.Bytes == source.Version.Bytes
                ? new CopiedBlob(path, source.Version.ETag, made.ETag)
                : throw new CopyDiffersException("a document's blob");
        }
        catch (PreconditionFailedException)
        {
            // It was written or deleted here since the switch, which is newer.
            return new CopiedBlob(path, source.Version.ETag, known?.ETag ?? source.Version.ETag);
        }
    }

    private async Task<Dictionary<DocumentPath, string>> ListAsync(DocumentBlobs blobs, CancellationToken cancellationToken)
    {
        Dictionary<DocumentPath, string> listed = [];
        await foreach (IReadOnlyList<(DocumentPath Path, BlobVersion Version)> page in blobs.PagesAsync(tenant, cancellationToken))
        {
            foreach ((DocumentPath path, BlobVersion version) in page)
            {
                listed[path] = version.ETag;
            }
        }

        return listed;
    }

    private static Task ForEachAsync<T>(IEnumerable<T> items, Func<T, Task> action, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        items,
        new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
        async (item, _) => await action(item));
}
