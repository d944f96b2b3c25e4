using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Storage;

/// <summary>Conditions, MD5 and metadata of what is written, each for a body in one request and for one in blocks.</summary>
public sealed class DocumentBlobsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int Small = 1_000;
    private const int Large = 9 << 20;

    private static readonly DocumentPath Path = DocumentPath.Parse("a.bin");

    private readonly TenantId _tenant = TenantId.Parse("c" + Guid.NewGuid().ToString("N")[..10]);

    [ServerTheory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task Version_is_replaced_only_while_it_is_the_one_named(int bytes)
    {
        BlobVersion first = await WriteAsync(bytes);
        BlobVersion second = await WriteAsync(bytes, BlobCondition.Version(first.ETag));

        await Assert.ThrowsAsync<PreconditionFailedException>(() => WriteAsync(bytes, BlobCondition.Version(first.ETag)));
        await Assert.ThrowsAsync<PreconditionFailedException>(() => WriteAsync(bytes, BlobCondition.Absent));
        Assert.Equal(second.ETag, await ETagAsync());

        BlobVersion third = await WriteAsync(bytes, BlobCondition.Present);
        Assert.Equal(third.ETag, await ETagAsync());
    }

    [ServerTheory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task Of_many_first_versions_at_a_time_one_is_written(int bytes)
    {
        Exception?[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => Record.ExceptionAsync(() => WriteAsync(bytes, BlobCondition.Absent))));

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes, outcome => Assert.True(outcome is null or PreconditionFailedException, $"{outcome}"));
    }

    [ServerFact]
    public async Task Deletion_takes_the_version_that_is_named_and_no_other()
    {
        BlobVersion version = await WriteAsync(Small);
        DocumentBlobs blobs = freehold.Get<DocumentBlobs>();

        await Assert.ThrowsAsync<PreconditionFailedException>(
            () => blobs.DeleteAsync(_tenant, Path, BlobCondition.Version("0x8D0000000000000"), default));
        Assert.Equal(version.ETag, await ETagAsync());

        Assert.True(await blobs.DeleteAsync(_tenant, Path, BlobCondition.Version(version.ETag), default));
        Assert.Null(await ETagAsync());
    }

    [ServerTheory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task Body_with_another_md5_is_not_written_and_the_right_one_is_kept_with_its_md5_and_metadata(int bytes)
    {
        byte[] body = new byte[bytes];
        await Assert.ThrowsAsync<ContentMd5MismatchException>(() => WriteAsync(bytes, md5: new byte[16]));
        Assert.Null(await ETagAsync());

#pragma warning disable CA5351 // What the header is.
        byte[] md5 = MD5.HashData(body);
#pragma warning restore CA5351
        await WriteAsync(bytes, md5: md5, metadata: new Dictionary<string, string> { ["Department"] = "sales" });

        BlobProperties properties = (await Blob.GetPropertiesAsync()).Value;
        Assert.Equal(md5, properties.ContentHash);
        Assert.Equal("text/plain", properties.ContentType);
        await using OpenBlob open = (await freehold.Get<DocumentBlobs>().OpenAsync(_tenant, Path, default))!;
        Assert.Equal("sales", open.Metadata["department"]);

        await WriteAsync(bytes);
        Assert.Empty((await Blob.GetPropertiesAsync()).Value.Metadata);
    }

    [ServerTheory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task Blob_under_a_lease_is_refused_with_what_to_do(int bytes)
    {
        BlobVersion version = await WriteAsync(bytes);
        await Blob.GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);

        await Assert.ThrowsAsync<DocumentLeasedException>(() => WriteAsync(bytes));
        await Assert.ThrowsAsync<DocumentLeasedException>(() => WriteAsync(bytes, BlobCondition.Version(version.ETag)));
        await Assert.ThrowsAsync<DocumentLeasedException>(
            () => freehold.Get<DocumentBlobs>().DeleteAsync(_tenant, Path, condition: null, default));
    }

    private BlobClient Blob =>
        freehold.Get<BlobServiceClient>().GetBlobContainerClient(DocumentBlobs.Container).GetBlobClient($"{_tenant}/{Path}");

    private Task<BlobVersion> WriteAsync(
        int bytes, BlobCondition? condition = null, byte[]? md5 = null, Dictionary<string, string>? metadata = null) =>
        freehold.Get<DocumentBlobs>().UploadAsync(
            _tenant,
            Path,
            new MemoryStream(new byte[bytes]),
            new BlobUpload("text/plain") { Condition = condition, ContentMd5 = md5, Metadata = metadata ?? [] },
            default);

    private async Task<string?> ETagAsync() => (await freehold.Get<DocumentBlobs>().FindAsync(_tenant, Path, default))?.ETag;
}
