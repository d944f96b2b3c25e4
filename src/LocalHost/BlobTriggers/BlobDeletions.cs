using Azure.Storage.Blobs;
using Freehold.LocalHost.QueueTriggers;
using Freehold.Messaging;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Reports deleted blobs to the queue where Event Grid would deliver them. Only what was reported is forgotten.</summary>
internal sealed class BlobDeletions(
    BlobContainerClient container, BlobLedger ledger, QueueSender sender, string queueConnection, HostStop stop, TimeProvider time)
{
    public Task ReportAsync(IReadOnlyList<string> names) =>
        Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop.Draining }, async (name, _) =>
        {
            string message = BlobDeletedEvent.Json(container.GetBlobClient(name), time.GetUtcNow());
            await sender.SendAsync(queueConnection, Queues.BlobDeletions, message, stop.GivenUp);
            ledger.Forget(name);
        });
}
