using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Freehold.Tenants;

namespace Freehold.Storage;

/// <summary>What storage says of a blob. The ETag, without its quotes, names a version of it.</summary>
public readonly record struct BlobVersion(string ETag, long Bytes, DateTimeOffset UploadedAt);

/// <summary>An open blob; dispose it.</summary>
public sealed record OpenBlob(BlobVersion Version, string? MediaType, Stream Content) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>
/// Tenants' documents in blob storage: one container, <c>{tenant}/{path}</c>. Everything here takes the tenant, and reaches
/// nothing outside its folder.
/// </summary>
public sealed class DocumentBlobs(BlobServiceClient service)
{
    /// <summary>Name of the container.</summary>
    public const string Container = "documents";

    /// <summary>A body up to this length is sent in one request, a longer one in blocks of it.</summary>
    private const int BlockLength = 4 << 20;

    private readonly BlobContainerClient _container = service.GetBlobContainerClient(Container);

    /// <summary>Whose blob that is, and which path; null for a blob that is nobody's document.</summary>
    public static (TenantId Tenant, DocumentPath Path)? Parse(string blobName)
    {
        int slash = blobName.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && TenantId.TryParse(blobName[..slash], out TenantId tenant)
            && DocumentPath.TryParse(blobName[(slash + 1)..], out DocumentPath path)
                ? (tenant, path)
                : null;
    }

    /// <summary>Makes the container if there is none.</summary>
    public Task CreateContainerAsync(CancellationToken cancellationToken) =>
        _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    /// <summary>Writes a document, replacing what is there. Nothing is seen of it before it is complete.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="path">Where.</param>
    /// <param name="content">The bytes; at most one block of them is in memory.</param>
    /// <param name="expectedLength">The number of bytes where it is known; saves memory, and is not relied on.</param>
    /// <param name="mediaType">Kept as the blob's content type.</param>
    /// <param name="cancellationToken">Nothing is written.</param>
    /// <exception cref="ConcurrentUploadException">Another upload to the same path was completed meanwhile.</exception>
    public async Task<BlobVersion> UploadAsync(
        TenantId tenant, DocumentPath path, Stream content, long? expectedLength, string mediaType, CancellationToken cancellationToken)
    {
        BlockBlobClient blob = _container.GetBlockBlobClient(Name(tenant, path));
        BlobHttpHeaders headers = new() { ContentType = mediaType };
        byte[] block = ArrayPool<byte>.Shared.Rent((int)Math.Min(BlockLength, (expectedLength ?? BlockLength) + 1));
        try
        {
            int length = await content.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken);
            if (length < block.Length)
            {
                Response<BlobContentInfo> answer = await blob.UploadAsync(
                    new MemoryStream(block, 0, length), new BlobUploadOptions { HttpHeaders = headers }, cancellationToken);
                return new BlobVersion(Bare(answer.Value.ETag), length, answer.Value.LastModified);
            }

            return await UploadBlocksAsync(blob, headers, block, length, content, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Opens a document; null when there is none. One request.</summary>
    public async Task<OpenBlob?> OpenAsync(TenantId tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobDownloadStreamingResult> answer = await Blob(tenant, path).DownloadStreamingAsync(cancellationToken: cancellationToken);
            BlobDownloadDetails details = answer.Value.Details;
            return new OpenBlob(
                new BlobVersion(Bare(details.ETag), details.ContentLength, details.LastModified), details.ContentType, answer.Value.Content);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return null;
        }
    }

    /// <summary>The document's present version; null when there is none.</summary>
    public async Task<BlobVersion?> FindAsync(TenantId tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobProperties> answer = await Blob(tenant, path).GetPropertiesAsync(cancellationToken: cancellationToken);
            return new BlobVersion(Bare(answer.Value.ETag), answer.Value.ContentLength, answer.Value.LastModified);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Deletes a document.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteAsync(TenantId tenant, DocumentPath path, CancellationToken cancellationToken) =>
        await Blob(tenant, path).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);

    /// <summary>Deletes one version of a document; leaves another alone.</summary>
    public Task DeleteAsync(TenantId tenant, DocumentPath path, string etag, CancellationToken cancellationToken) =>
        DeleteVersionAsync(Blob(tenant, path), new ETag($"\"{etag}\""), cancellationToken);

    /// <summary>The container's folders, whoever wrote there.</summary>
    public async IAsyncEnumerable<string> FoldersAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AsyncPageable<BlobHierarchyItem> items = _container.GetBlobsByHierarchyAsync(
            new GetBlobsByHierarchyOptions { Delimiter = "/" }, cancellationToken);
        await foreach (BlobHierarchyItem item in items)
        {
            if (item.IsPrefix)
            {
                yield return item.Prefix[..^1];
            }
        }
    }

    /// <summary>A tenant's documents, page by page. Blobs whose names are no documents' are left out.</summary>
    internal async IAsyncEnumerable<IReadOnlyList<(DocumentPath Path, BlobVersion Version)>> PagesAsync(
        TenantId tenant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AsyncPageable<BlobItem> blobs = _container.GetBlobsAsync(new GetBlobsOptions { Prefix = tenant.Value + "/" }, cancellationToken);
        await foreach (Page<BlobItem> page in blobs.AsPages().WithCancellation(cancellationToken))
        {
            List<(DocumentPath, BlobVersion)> documents = [];
            foreach (BlobItem blob in page.Values)
            {
                if (Parse(blob.Name) is { } document)
                {
                    BlobItemProperties properties = blob.Properties;
                    documents.Add((document.Path, new BlobVersion(
                        Bare(properties.ETag!.Value), properties.ContentLength ?? 0, properties.LastModified!.Value)));
                }
            }

            yield return documents;
        }
    }

    /// <summary>Deletes what a tenant's folder has held unchanged since a moment; leaves alone what is newer, or is written meanwhile.</summary>
    /// <returns>How many blobs are gone.</returns>
    public async Task<int> DeleteOlderAsync(TenantId tenant, DateTimeOffset moment, CancellationToken cancellationToken)
    {
        AsyncPageable<BlobItem> blobs = _container.GetBlobsAsync(new GetBlobsOptions { Prefix = tenant.Value + "/" }, cancellationToken);
        int deleted = 0;
        await foreach (BlobItem blob in blobs)
        {
            if (blob.Properties.LastModified < moment
                && await DeleteVersionAsync(_container.GetBlobClient(blob.Name), blob.Properties.ETag!.Value, cancellationToken))
            {
                deleted++;
            }
        }

        return deleted;
    }

    private static async Task<bool> DeleteVersionAsync(BlobClient blob, ETag etag, CancellationToken cancellationToken)
    {
        try
        {
            return await blob.DeleteIfExistsAsync(
                DeleteSnapshotsOption.IncludeSnapshots, new BlobRequestConditions { IfMatch = etag }, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.ConditionNotMet)
        {
            // Another version is there.
            return false;
        }
    }

    private static async Task<BlobVersion> UploadBlocksAsync(
        BlockBlobClient blob, BlobHttpHeaders headers, byte[] block, int firstLength, Stream rest, CancellationToken cancellationToken)
    {
        // Ids of this upload's own: two uploads to one blob must not take each other's blocks for theirs.
        string upload = Guid.NewGuid().ToString("N");
        List<string> ids = [];
        long total = 0;
        for (int length = firstLength; length > 0;
            length = await rest.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken))
        {
            string id = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{upload}{ids.Count:D8}"));
            await blob.StageBlockAsync(id, new MemoryStream(block, 0, length), cancellationToken: cancellationToken);
            ids.Add(id);
            total += length;
        }

        try
        {
            Response<BlobContentInfo> answer = await blob.CommitBlockListAsync(
                ids, new CommitBlockListOptions { HttpHeaders = headers }, cancellationToken);
            return new BlobVersion(Bare(answer.Value.ETag), total, answer.Value.LastModified);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.InvalidBlockList)
        {
            // A commit, or a blob put in one request, drops all blocks that wait at this blob.
            throw new ConcurrentUploadException();
        }
    }

    // The SDK gives the header's text in some answers and its value in others.
    private static string Bare(ETag etag) => etag.ToString().Trim('"');

    private BlobClient Blob(TenantId tenant, DocumentPath path) => _container.GetBlobClient(Name(tenant, path));

    private static string Name(TenantId tenant, DocumentPath path) => $"{tenant.Value}/{path.Value}";
}

/// <summary>Of several uploads to one path at a time, another was completed first.</summary>
public sealed class ConcurrentUploadException() : RefusalException(
    RefusalKind.Conflict, "concurrent-upload", "Another upload to this path was completed meanwhile. Send this one again if it is to replace it.");
