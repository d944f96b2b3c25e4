using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.Storage;

namespace Freehold.Functions.Tests.Storage;

/// <summary>On an Azurite of its own, since this changes settings of the account.</summary>
public sealed class BlobRetentionTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [AzuriteFact]
    public async Task Retention_is_what_the_account_is_set_to()
    {
        BlobServiceClient service = new(azurite.ConnectionString);
        TenantBlobs blobs = new(service);

        await SetAsync(new BlobRetentionPolicy { Enabled = true, Days = 9 });
        Assert.Equal(new BlobRetention(9), await blobs.RetentionAsync(default));

        await SetAsync(new BlobRetentionPolicy { Enabled = false });
        Assert.Equal(BlobRetention.None, await blobs.RetentionAsync(default));

        async Task SetAsync(BlobRetentionPolicy policy)
        {
            BlobServiceProperties properties = await service.GetPropertiesAsync();
            properties.DeleteRetentionPolicy = policy;
            await service.SetPropertiesAsync(properties);
        }
    }
}
