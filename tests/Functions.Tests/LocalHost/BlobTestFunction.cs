using Azure.Storage.Blobs;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost.Worker;

namespace Freehold.Functions.Tests.LocalHost;

internal sealed class BlobTestFunction(Invocations invocations)
{
    [Function("Ingest")]
    public Task RunAsync(
        [BlobTrigger("documents/{name}", Connection = "Storage", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        CancellationToken cancellationToken) =>
        invocations.RunAsync(blob.Name, cancellationToken);
}

internal sealed class DeletionTestFunction(Invocations invocations)
{
    [Function("Remove")]
    public Task RunAsync(
        [ServiceBusTrigger("blob-deletions", Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        invocations.RunAsync(message, cancellationToken);
}
