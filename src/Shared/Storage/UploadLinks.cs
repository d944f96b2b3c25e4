using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;
using Freehold.Tenants;

namespace Freehold.Storage;

/// <summary>
/// Links with which anybody may write one blob until a moment: create and write it, in one request or in blocks; not read, delete
/// or list it, nor anything else. A client with the account's key (Azurite's) signs them itself. In Azure, where accounts take no
/// keys, storage gives a key for this identity, which is kept until it ends.
/// </summary>
public sealed class UploadLinks(BlobServiceClient service, TimeProvider time) : IDisposable
{
    // Storage allows 7 days. Once a link outlasts the key, a new key is asked for.
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(2);

    private readonly SemaphoreSlim _asking = new(1);
    private UserDelegationKey? _key;

    /// <summary>A link to a path that ends at a moment, less than two days from now.</summary>
    public async Task<Uri> CreateAsync(TenantId tenant, DocumentPath path, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        BlobClient blob = service.GetBlobContainerClient(DocumentBlobs.Container).GetBlobClient(DocumentBlobs.Name(tenant, path));
        BlobSasBuilder sas = new(BlobSasPermissions.Create | BlobSasPermissions.Write, expiresAt)
        {
            BlobContainerName = blob.BlobContainerName,
            BlobName = blob.Name,
            Resource = "b",
            Protocol = blob.Uri.Scheme == Uri.UriSchemeHttps ? SasProtocol.Https : SasProtocol.HttpsAndHttp,
        };
        return blob.CanGenerateSasUri
            ? blob.GenerateSasUri(sas)
            : blob.GenerateUserDelegationSasUri(sas, await FindKeyAsync(expiresAt, cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose() => _asking.Dispose();

    private async Task<UserDelegationKey> FindKeyAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _key) is { } known && known.SignedExpiresOn >= until)
        {
            return known;
        }

        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_key is null || _key.SignedExpiresOn < until)
            {
                BlobGetUserDelegationKeyOptions options = new(time.GetUtcNow() + KeyLifetime);
                Response<UserDelegationKey> answer = await service.GetUserDelegationKeyAsync(options, cancellationToken);
                Volatile.Write(ref _key, answer.Value);
            }

            return _key!;
        }
        finally
        {
            _asking.Release();
        }
    }
}
