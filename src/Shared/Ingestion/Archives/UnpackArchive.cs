using System.Globalization;
using System.IO.Compression;
using Freehold.Ingestion.Readers;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Ingestion.Archives;

/// <summary>
/// Makes a document of each entry of an archive: a blob below the archive's own path, marked with the archive's version, which then is
/// taken in like any other. The archive is done when they are. With another version of the archive, entries that it lacks go; with the
/// archive, all do. A blob that somebody else has put there is left alone.
/// </summary>
public sealed class UnpackArchive(
    DocumentBlobs blobs, WorkStore work, Notes notes, Claims claims, IOptions<IngestionOptions> options, TimeProvider time)
{
    /// <summary>Name of the metadata entry that marks an entry's blob.</summary>
    internal const string Mark = "freeholdarchive";

    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Unpacks one version of an archive, or looks again whether its documents are done.</summary>
    /// <returns>Null for a package that is a document itself.</returns>
    /// <exception cref="UnreadableDocumentException">It cannot be unpacked as it is.</exception>
    internal async Task<TakenIn?> RunAsync(
        TenantPlacement tenant, DocumentPath path, DocumentClaim claim, BlobVersion version, CancellationToken cancellationToken)
    {
        await using Stream? content = await blobs.OpenSeekableAsync(tenant.Id, path, version, cancellationToken);
        if (content is null)
        {
            return TakenIn.Overtaken;
        }

        // Its directory is read and its entries are inflated by a library that does not wait asynchronously.
        using Archive? archive = await Task.Run(() => Archive.Open(content, options.Value), cancellationToken);
        if (archive is null)
        {
            return null;
        }

        if (path.Value.Split('/').Count(segment => segment.EndsWith(Archive.Extension, StringComparison.OrdinalIgnoreCase)) > options.Value.MaxArchiveNesting)
        {
            throw new UnreadableDocumentException($"Archives in archives are unpacked {options.Value.MaxArchiveNesting} deep. Send this one on its own.");
        }

        List<MarkedBlob> written = [];
        int documents;
        try
        {
            documents = await UnpackAsync(tenant, path, claim, version, archive, written, cancellationToken);
        }
        catch (ClaimLostException)
        {
            // Whoever unpacks a newer version may have looked before these were written.
            foreach (MarkedBlob blob in written)
            {
                await RemoveEntryAsync(tenant, blob, cancellationToken);
            }

            return TakenIn.Overtaken;
        }

        return await HasUnfinishedAsync(tenant.Uid, path, cancellationToken)
            ? new TakenIn(LookAgainIn: Shorter(FirstLook * Math.Pow(2, Math.Min(claim.Attempts - 1, 10)), LongestPause))
            : new TakenIn(new PublishedDocument(
                null, Archive.MediaType, 0, 0, string.Create(CultureInfo.InvariantCulture, $$"""{"entries":{{documents}},"skipped":{{archive.Skipped}}}""")));
    }

    /// <summary>Removes what was unpacked of an archive that is gone.</summary>
    internal async Task RemoveAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        await foreach (MarkedBlob entry in blobs.MarkedBelowAsync(tenant.Id, path, Mark, cancellationToken))
        {
            await RemoveEntryAsync(tenant, entry, cancellationToken);
        }
    }

    private async Task<int> UnpackAsync(
        TenantPlacement tenant,
        DocumentPath path,
        DocumentClaim claim,
        BlobVersion version,
        Archive archive,
        List<MarkedBlob> written,
        CancellationToken cancellationToken)
    {
        Dictionary<string, MarkedBlob> present = [];
        await foreach (MarkedBlob entry in blobs.MarkedBelowAsync(tenant.Id, path, Mark, cancellationToken))
        {
            present.Add(entry.Path.Value, entry);
        }

        int documents = 0;
        ClaimKeeper keeper = new(claims, claim, time);
        foreach ((DocumentPath entryPath, ZipArchiveEntry entry) in archive.Documents(path))
        {
            documents++;
            bool isPresent = present.Remove(entryPath.Value, out MarkedBlob there);
            if (isPresent && there.Mark == version.ETag)
            {
                continue;
            }

            if (await WriteAsync(tenant, entryPath, entry, version, isPresent ? there.ETag : null, cancellationToken) is { } blob)
            {
                written.Add(blob);
            }
            else if (isPresent)
            {
                // It was of the archive before, and has changed since.
                throw new ClaimLostException();
            }

            await keeper.KeepAsync(cancellationToken);
        }

        await keeper.RenewAsync(cancellationToken);
        foreach (MarkedBlob stale in present.Values)
        {
            await RemoveEntryAsync(tenant, stale, cancellationToken);
        }

        return documents;
    }

    // Null when something else is there.
    private async Task<MarkedBlob?> WriteAsync(
        TenantPlacement tenant, DocumentPath path, ZipArchiveEntry entry, BlobVersion archive, string? replaced, CancellationToken cancellationToken)
    {
        BlobUpload upload = new("application/octet-stream")
        {
            ExpectedLength = entry.Length,
            Metadata = new Dictionary<string, string> { [Mark] = archive.ETag },
            Condition = replaced is null ? BlobCondition.Absent : BlobCondition.Version(replaced),
        };
        try
        {
            await using Stream content = Archive.Open(entry);
            BlobVersion version = await blobs.UploadAsync(tenant.Id, path, content, upload, cancellationToken);
            await notes.NoteUnwokenAsync(tenant.Uid, path, version, cancellationToken);
            return new MarkedBlob(path, version.ETag, archive.ETag);
        }
        catch (Exception exception) when (exception is PreconditionFailedException or ConcurrentUploadException or DocumentLeasedException)
        {
            return null;
        }
        catch (InvalidDataException exception)
        {
            throw new UnreadableDocumentException("The ZIP archive is damaged.", exception);
        }
    }

    private async Task RemoveEntryAsync(TenantPlacement tenant, MarkedBlob entry, CancellationToken cancellationToken)
    {
        await blobs.DeleteAsync(tenant.Id, entry.Path, entry.ETag, cancellationToken);
        await notes.NoteRemovalUnwokenAsync(tenant.Uid, entry.Path, cancellationToken);
    }

    private async Task<bool> HasUnfinishedAsync(Guid tenantUid, DocumentPath path, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                select exists (
                    select from work.documents
                    where tenant_uid = $1 and starts_with(path, $2) and state in ('queued', 'chunking', 'embedding'))
                """)
            .With(tenantUid).With(path.Value + "/");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
