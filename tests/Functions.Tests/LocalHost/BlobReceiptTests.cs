using Azure.Storage.Blobs;
using Freehold.Functions.Tests.LocalHost.Fixtures;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class BlobReceiptTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>, IDisposable
{
    private static readonly Type[] Both = [typeof(BlobTestFunction), typeof(DeletionTestFunction)];

    private readonly string _folder = Directory.CreateTempSubdirectory("receipts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [AzuriteFact]
    public async Task A_restart_hands_over_only_what_happened_meanwhile()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await container.PutManyAsync(20);
        await using (RunningHost first = await StartAsync())
        {
            await first.Invocations.UntilAsync(seen => seen.Count == 20);
        }

        string[] names = [.. container.GetBlobs().Select(blob => blob.Name)];
        await container.DeleteBlobAsync(names[0]);
        await container.PutAsync(names[1], "changed");
        await container.PutAsync("acme/new.md");

        await using RunningHost second = await StartAsync();
        await second.Invocations.UntilAsync(seen => seen.Count >= 3);
        await Task.Delay(1500);
        Assert.Equal(3, second.Invocations.Seen.Count);
        Assert.Contains(names[1], second.Invocations.Seen);
        Assert.Contains("acme/new.md", second.Invocations.Seen);
        Assert.True(second.Invocations.Seen.HasDeletion(names[0]));
    }

    [AzuriteFact]
    public async Task An_interrupted_version_is_handed_over_again_after_a_restart()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using (RunningHost first = await StartAsync())
        {
            first.Invocations.Behaviour = (_, cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            await container.PutAsync("acme/a.md");
            await first.Invocations.UntilAsync(seen => seen.Count == 1);
        }

        await using RunningHost second = await StartAsync();
        await second.Invocations.UntilAsync(seen => seen.Count == 1);
    }

    [AzuriteFact]
    public async Task A_deletion_that_could_not_be_reported_is_reported_later()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await container.PutAsync("acme/a.md");
        await using (RunningHost first = await StartAsync())
        {
            await first.Invocations.UntilAsync(seen => seen.Count == 1);
        }

        await container.DeleteBlobAsync("acme/a.md");
        const string Local = "QueueEndpoint=http://127.0.0.1:";
        string nowhere = azurite.ConnectionString.Replace(Local, Local + "9/", StringComparison.Ordinal);
        await using (RunningHost cutOff = await StartAsync(("ServiceBus", nowhere)))
        {
            await cutOff.Invocations.UntilAsync(_ => cutOff.Log.Count(9003) > 0);
        }

        await using RunningHost second = await StartAsync();
        await second.Invocations.UntilAsync(seen => seen.HasDeletion("acme/a.md"));
    }

    private Task<RunningHost> StartAsync(params (string Name, string Value)[] settings) => RunningHost.StartAsync(
        Both, azurite.ConnectionString, _folder, options => options.StopGrace = TimeSpan.FromMilliseconds(500), settings: settings);
}
