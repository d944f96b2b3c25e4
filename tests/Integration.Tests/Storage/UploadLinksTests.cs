using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Storage;

/// <summary>What a link lets its holder do, as storage sees it.</summary>
public sealed class UploadLinksTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private readonly TenantId _tenant = TenantId.Parse("u" + Guid.NewGuid().ToString("N")[..10]);

    [ServerTheory]
    [InlineData("a.txt")]
    [InlineData("ein Ordner/größer & kleiner+100%.md")]
    [InlineData("a%20b/c?d=e#f.txt")]
    public async Task Holder_writes_the_one_blob_and_writes_it_again(string path)
    {
        BlockBlobClient blob = new(await LinkAsync(path));

        await blob.UploadAsync(new MemoryStream([1]));
        await blob.UploadAsync(new MemoryStream([1, 2]));

        Assert.Equal(2, (await freehold.Get<DocumentBlobs>().FindAsync(_tenant, DocumentPath.Parse(path), default))!.Value.Bytes);
    }

    [ServerFact]
    public async Task Upload_in_blocks_goes_on_after_a_break()
    {
        Uri link = await LinkAsync("large.bin");
        string[] ids = [.. Enumerable.Range(0, 3).Select(number => Convert.ToBase64String(BitConverter.GetBytes(number)))];
        await new BlockBlobClient(link).StageBlockAsync(ids[0], new MemoryStream(new byte[100]));
        await new BlockBlobClient(link).StageBlockAsync(ids[1], new MemoryStream(new byte[200]));

        // The connection is gone, and so is its program; another one goes on, perhaps with a new link.
        BlockBlobClient resumed = new(await LinkAsync("large.bin"));
        await resumed.StageBlockAsync(ids[1], new MemoryStream(new byte[200]));
        await resumed.StageBlockAsync(ids[2], new MemoryStream(new byte[300]));
        await resumed.CommitBlockListAsync(ids);

        Assert.Equal(600, (await freehold.Get<DocumentBlobs>().FindAsync(_tenant, DocumentPath.Parse("large.bin"), default))!.Value.Bytes);
    }

    [ServerFact]
    public async Task Holder_may_not_read_delete_or_list_nor_reach_another_blob()
    {
        Uri link = await LinkAsync("a.txt");
        BlobClient blob = new(link);
        await blob.UploadAsync(BinaryData.FromString("secret"));
        await freehold.Get<DocumentBlobs>().UploadAsync(
            _tenant, DocumentPath.Parse("b.txt"), new MemoryStream([1]), new BlobUpload("text/plain"), default);

        await RefusedAsync(() => blob.DownloadContentAsync());
        await RefusedAsync(() => blob.GetPropertiesAsync());
        await RefusedAsync(() => blob.DeleteAsync());
        await RefusedAsync(() => blob.GetTagsAsync());
        await RefusedAsync(() => new BlockBlobClient(link).GetBlockListAsync());
        await RefusedAsync(async () => await new BlobContainerClient(In(link, string.Empty)).GetBlobsAsync().AsPages().FirstAsync());
        foreach (string other in (string[])[$"{_tenant}/b.txt", $"{_tenant}/a.txt2", $"{_tenant}2/a.txt", $"{_tenant}/A.txt"])
        {
            await RefusedAsync(() => new BlobClient(In(link, "/" + other)).UploadAsync(BinaryData.FromString("other"), overwrite: true));
        }

        Assert.Equal(1, (await freehold.Get<DocumentBlobs>().FindAsync(_tenant, DocumentPath.Parse("b.txt"), default))!.Value.Bytes);
    }

    [ServerFact]
    public async Task Link_ends_and_cannot_be_changed()
    {
        Uri late = await LinkAsync("a.txt", TimeSpan.FromMinutes(-1));
        await RefusedAsync(() => new BlobClient(late).UploadAsync(BinaryData.FromString("late")));

        Uri link = await LinkAsync("a.txt");
        foreach ((string part, string changed) in ((string, string)[])[("sp=cw", "sp=rcwd"), ("sr=b", "sr=c"), ("se=20", "se=21")])
        {
            Uri forged = new(link.AbsoluteUri.Replace(part, changed, StringComparison.Ordinal));
            Assert.NotEqual(link, forged);
            await RefusedAsync(() => new BlobClient(forged).UploadAsync(BinaryData.FromString("forged")));
        }

        Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(_tenant, DocumentPath.Parse("a.txt"), default));
    }

    private Task<Uri> LinkAsync(string path, TimeSpan? lifetime = null) => freehold.Get<UploadLinks>().CreateAsync(
        _tenant, DocumentPath.Parse(path), DateTimeOffset.UtcNow + (lifetime ?? TimeSpan.FromMinutes(5)), default);

    private static Uri In(Uri link, string blob)
    {
        string container = link.GetLeftPart(UriPartial.Path);
        container = container[..(container.IndexOf("/documents/", StringComparison.Ordinal) + "/documents".Length)];
        return new Uri(container + blob + link.Query);
    }

    private static async Task RefusedAsync<T>(Func<Task<T>> call) =>
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(call)).Status);

    private static async Task RefusedAsync(Func<Task> call) =>
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(call)).Status);
}
