using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Freehold.Tenants;

namespace Freehold.Storage;

/// <summary>
/// Everything that blob storage holds of a tenant: blobs, snapshots, former versions and uploads that were never completed, whoever
/// wrote them. Counts them, and removes them all.
/// </summary>
/// <remarks>
/// Azure lists former versions where the account keeps or once kept them, and none elsewhere; an account that cannot have versions
/// may refuse to be asked. Azurite has no versions: it ignores the question, and lists none. It also ignores a version's id when
/// deleting, and would take the blob itself.
/// </remarks>
public sealed class TenantBlobs(BlobServiceClient service)
{
    private const int RequestsAtATime = 8;
    private const int MostPasses = 5;
    private const BlobStates Everything = BlobStates.Snapshots | BlobStates.Uncommitted;

    private readonly BlobContainerClient _container = service.GetBlobContainerClient(DocumentBlobs.Container);

    /// <summary>What is there now.</summary>
    public async Task<BlobInventory> CountAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        BlobInventory inventory = default;
        await foreach (BlobItem item in ListAsync(tenant, cancellationToken))
        {
            inventory = inventory.With(item);
        }

        return inventory;
    }

    /// <summary>
    /// Deletes everything, and looks until nothing is left. Safe to repeat. What storage itself keeps of deleted blobs is for
    /// <see cref="RetentionAsync"/> to say.
    /// </summary>
    /// <exception cref="RequestFailedException">Storage is away, or refuses: a legal hold, say, or an immutability policy.</exception>
    public async Task DeleteAllAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        ParallelOptions options = new() { MaxDegreeOfParallelism = RequestsAtATime, CancellationToken = cancellationToken };
        for (int pass = 1; ; pass++)
        {
            int found = 0;
            await Parallel.ForEachAsync(BlobsAsync(tenant, cancellationToken), options, async (blob, token) =>
            {
                Interlocked.Increment(ref found);
                await DeleteAsync(blob, token);
            });
            if (found == 0)
            {
                return;
            }

            if (pass == MostPasses)
            {
                throw new InvalidOperationException($"After {MostPasses} passes a tenant still has blobs: somebody keeps writing them.");
            }
        }
    }

    /// <summary>For how long storage keeps what was deleted.</summary>
    public async Task<BlobRetention> RetentionAsync(CancellationToken cancellationToken)
    {
        try
        {
            Response<BlobServiceProperties> answer = await service.GetPropertiesAsync(cancellationToken);

            // Azure always names a policy; Azurite, which keeps nothing, names none until one is set.
            return answer.Value.DeleteRetentionPolicy is { Enabled: true } policy
                ? new BlobRetention(policy.Days ?? throw new InvalidOperationException("Storage keeps deleted blobs, and does not say for how long."))
                : BlobRetention.None;
        }
        catch (RequestFailedException exception) when (exception.Status == 403)
        {
            return BlobRetention.Unknown;
        }
    }

    private async Task DeleteAsync(ListedBlob listed, CancellationToken cancellationToken)
    {
        BlobClient blob = _container.GetBlobClient(listed.Name);
        bool deleted = await DeleteCurrentAsync(blob, cancellationToken);
        if (!deleted && listed.NeverCompleted)
        {
            // Azure deletes no blob that has only blocks. A complete one in its place drops the blocks; Azurite needs no such help.
            await blob.UploadAsync(BinaryData.Empty, overwrite: true, cancellationToken);
            await DeleteCurrentAsync(blob, cancellationToken);
        }

        // After the current one: deleting that made it a former version, under the id that it had.
        foreach (string version in listed.Versions)
        {
            await blob.WithVersion(version).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }

    private static async Task<bool> DeleteCurrentAsync(BlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return await blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.LeaseIdMissing)
        {
            // Whoever holds the lease must not keep a tenant from being erased.
            await blob.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: cancellationToken);
            return await blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);
        }
    }

    /// <summary>The listing has everything of one name together.</summary>
    private async IAsyncEnumerable<ListedBlob> BlobsAsync(TenantId tenant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ListedBlob? blob = null;
        await foreach (BlobItem item in ListAsync(tenant, cancellationToken))
        {
            if (blob is not null && blob.Name != item.Name)
            {
                yield return blob;
                blob = null;
            }

            blob ??= new ListedBlob(item.Name);
            blob.Add(item);
        }

        if (blob is not null)
        {
            yield return blob;
        }
    }

    private async IAsyncEnumerable<BlobItem> ListAsync(TenantId tenant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IAsyncEnumerator<BlobItem> items = Items(tenant, Everything | BlobStates.Version, cancellationToken);
        try
        {
            bool more;
            try
            {
                more = await items.MoveNextAsync();
            }
            catch (RequestFailedException exception) when (exception.Status is 400 or 409)
            {
                // It may have been the question for versions. If not, the next one is refused as well.
                await items.DisposeAsync();
                items = Items(tenant, Everything, cancellationToken);
                more = await items.MoveNextAsync();
            }

            for (; more; more = await items.MoveNextAsync())
            {
                yield return items.Current;
            }
        }
        finally
        {
            await items.DisposeAsync();
        }
    }

    private IAsyncEnumerator<BlobItem> Items(TenantId tenant, BlobStates states, CancellationToken cancellationToken) => _container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = tenant.Value + "/", States = states }, cancellationToken)
        .GetAsyncEnumerator(cancellationToken);

    private sealed class ListedBlob(string name)
    {
        public string Name { get; } = name;

        public List<string> Versions { get; } = [];

        public bool NeverCompleted { get; private set; }

        public void Add(BlobItem item)
        {
            NeverCompleted |= BlobInventory.IsUncommitted(item);
            if (item.VersionId is not null)
            {
                Versions.Add(item.VersionId);
            }
        }
    }
}
