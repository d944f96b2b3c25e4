using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Storage;

/// <summary>On Azurite: snapshots and unfinished uploads are real here, former versions are not.</summary>
public sealed class TenantBlobsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private readonly string _tenant = "b" + Guid.NewGuid().ToString("N")[..10];

    private TenantId Tenant => TenantId.Parse(_tenant);

    private TenantBlobs Blobs => freehold.Get<TenantBlobs>();

    [ServerFact]
    public async Task Everything_of_a_tenant_is_counted_and_then_deleted()
    {
        BlobClient one = await WriteAsync("a/one.txt", 100);
        await one.CreateSnapshotAsync();
        await WriteAsync("a/one.txt", 10);
        await one.CreateSnapshotAsync();
        await WriteAsync("not a document.bin", 1);
        await WriteAsync("empty", 0);
        await Container.GetBlockBlobClient($"{_tenant}/never completed").StageBlockAsync(
            Convert.ToBase64String(new byte[8]), new MemoryStream(new byte[5]));

        Assert.Equal(new BlobInventory(Blobs: 3, Versions: 0, Snapshots: 2, Uncommitted: 1, Bytes: 121), await Blobs.CountAsync(Tenant, default));

        await Blobs.DeleteAllAsync(Tenant, default);
        Assert.Equal(default, await Blobs.CountAsync(Tenant, default));

        await Blobs.DeleteAllAsync(Tenant, default);
        Assert.Equal(default, await Blobs.CountAsync(Tenant, default));
    }

    [ServerFact]
    public async Task Neighbour_whose_name_begins_the_same_keeps_everything()
    {
        TenantId neighbour = TenantId.Parse(_tenant + "-2");
        BlobClient theirs = await WriteAsync("a.txt", 7, neighbour);
        await theirs.CreateSnapshotAsync();
        await WriteAsync("a.txt", 3);
        BlobInventory before = await Blobs.CountAsync(neighbour, default);

        await Blobs.DeleteAllAsync(Tenant, default);

        Assert.Equal(new BlobInventory(Blobs: 1, Versions: 0, Snapshots: 1, Uncommitted: 0, Bytes: 14), before);
        Assert.Equal(before, await Blobs.CountAsync(neighbour, default));
        Assert.Equal(default, await Blobs.CountAsync(Tenant, default));
    }

    [ServerFact]
    public async Task Lease_keeps_no_blob_from_being_erased()
    {
        BlobClient leased = await WriteAsync("leased.txt", 1);
        await leased.GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);

        await Blobs.DeleteAllAsync(Tenant, default);

        Assert.Equal(default, await Blobs.CountAsync(Tenant, default));
    }

    [ServerFact]
    public async Task A_thousand_blobs_are_deleted()
    {
        await Parallel.ForAsync(0, 1_000, async (number, _) => await WriteAsync($"{number:D3}.txt", 1));
        Assert.Equal(1_000, (await Blobs.CountAsync(Tenant, default)).Blobs);

        await Blobs.DeleteAllAsync(Tenant, default);

        Assert.Equal(default, await Blobs.CountAsync(Tenant, default));
    }

    [ServerFact]
    public async Task Retention_is_none_where_storage_names_no_policy_and_unknown_where_it_may_not_be_asked()
    {
        Assert.Equal(BlobRetention.None, await Blobs.RetentionAsync(default));

        BlobServiceClient mayNotAsk = new(freehold.Get<BlobServiceClient>().GenerateAccountSasUri(
            AccountSasPermissions.All, DateTimeOffset.MaxValue, AccountSasResourceTypes.Container | AccountSasResourceTypes.Object));
        Assert.Equal(BlobRetention.Unknown, await new TenantBlobs(mayNotAsk).RetentionAsync(default));
    }

    private BlobContainerClient Container => freehold.Get<BlobServiceClient>().GetBlobContainerClient(DocumentBlobs.Container);

    private async Task<BlobClient> WriteAsync(string path, int bytes, TenantId? tenant = null)
    {
        BlobClient blob = Container.GetBlobClient($"{tenant?.Value ?? _tenant}/{path}");
        await blob.UploadAsync(new MemoryStream(new byte[bytes]), overwrite: true);
        return blob;
    }
}
