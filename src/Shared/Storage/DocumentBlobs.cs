using System.Runtime.CompilerServices;
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
    /// <summary>The blob's metadata. Names are in lower case.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The MD5 of its bytes, where storage was told it.</summary>
    public byte[]? ContentMd5 { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>A blob with a mark in its metadata.</summary>
public readonly record struct MarkedBlob(DocumentPath Path, string ETag, string Mark);

/// <summary>
/// Tenants' documents in blob storage: one container, <c>{tenant}/{path}</c>. Everything here takes the tenant, and reaches
/// nothing outside its folder.
/// </summary>
public sealed class DocumentBlobs(BlobServiceClient service)
{
    /// <summary>Name of the container.</summary>
    public const string Container = "documents";

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
    /// <param name="upload">What goes with them.</param>
    /// <param name="cancellationToken">Nothing is written.</param>
    /// <exception cref="ConcurrentUploadException">Another upload to the same path was completed meanwhile.</exception>
    /// <exception cref="PreconditionFailedException">The upload's condition does not hold.</exception>
    /// <exception cref="ContentMd5MismatchException">The bytes are not those that were meant.</exception>
    public Task<BlobVersion> UploadAsync(
        TenantId tenant, DocumentPath path, Stream content, BlobUpload upload, CancellationToken cancellationToken) =>
        new BlobWrite(_container.GetBlockBlobClient(Name(tenant, path)), upload).RunAsync(content, cancellationToken);

    /// <summary>Opens a document; null when there is none. One request.</summary>
    public async Task<OpenBlob?> OpenAsync(TenantId tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobDownloadStreamingResult> answer = await Blob(tenant, path).DownloadStreamingAsync(cancellationToken: cancellationToken);
            BlobDownloadDetails details = answer.Value.Details;
            return new OpenBlob(
                new BlobVersion(Bare(details.ETag), details.ContentLength, details.LastModified), details.ContentType, answer.Value.Content)
            {
                Metadata = LowerCase(details.Metadata),
                ContentMd5 = details.ContentHash,
            };
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Opens a version of a document to be read here and there, in ranges; null when it is no longer the present one.</summary>
    public async Task<Stream?> OpenSeekableAsync(TenantId tenant, DocumentPath path, BlobVersion version, CancellationToken cancellationToken)
    {
        try
        {
            return await Blob(tenant, path).OpenReadAsync(
                new BlobOpenReadOptions(allowModifications: false) { Conditions = BlobCondition.Version(version.ETag).ForRequest() }, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status is 404 or 412)
        {
            return null;
        }
    }

    /// <summary>Documents below a path that carry an entry of that name in their blob's metadata.</summary>
    public async IAsyncEnumerable<MarkedBlob> MarkedBelowAsync(
        TenantId tenant, DocumentPath path, string mark, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        GetBlobsOptions options = new() { Prefix = Name(tenant, path) + "/", Traits = BlobTraits.Metadata };
        await foreach (BlobItem blob in _container.GetBlobsAsync(options, cancellationToken))
        {
            if (Parse(blob.Name) is { } document && LowerCase(blob.Metadata).TryGetValue(mark, out string? value))
            {
                yield return new MarkedBlob(document.Path, Bare(blob.Properties.ETag!.Value), value);
            }
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
    /// <exception cref="PreconditionFailedException">The condition, if one is given, does not hold.</exception>
    public async Task<bool> DeleteAsync(
        TenantId tenant, DocumentPath path, BlobCondition? condition, CancellationToken cancellationToken)
    {
        try
        {
            return await Blob(tenant, path).DeleteIfExistsAsync(
                DeleteSnapshotsOption.IncludeSnapshots, condition?.ForRequest(), cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.ConditionNotMet)
        {
            throw new PreconditionFailedException();
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.LeaseIdMissing)
        {
            throw new DocumentLeasedException();
        }
    }

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

    // The SDK gives the header's text in some answers and its value in others.
    internal static string Bare(ETag etag) => etag.ToString().Trim('"');

    // Storage takes names of any case and does not tell two apart that differ in it alone.
    private static Dictionary<string, string> LowerCase(IDictionary<string, string> metadata)
    {
        Dictionary<string, string> lower = new(metadata.Count);
        foreach ((string name, string value) in metadata)
        {
            lower[name.ToLowerInvariant()] = value;
        }

        return lower;
    }

    private BlobClient Blob(TenantId tenant, DocumentPath path) => _container.GetBlobClient(Name(tenant, path));

    internal static string Name(TenantId tenant, DocumentPath path) => $"{tenant.Value}/{path.Value}";
}
