using Azure.Storage.Blobs;
using Freehold.LocalHost.QueueTriggers;
using Freehold.LocalHost.Storage;
using Freehold.Messaging;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Reports deleted blobs to the queue where Event Grid would deliver them. Only what was reported is forgotten.</summary>
internal sealed class BlobDeletions(
    BlobContainerClient container,
    BlobLedger ledger,
    string queueConnection,
    QueueSender sender,
    StorageConnections storage,
    HostStop stop,
    TimeProvider time)
{
    private readonly StorageAvailability _queue = storage.Availability(queueConnection);

    /// <summary>What can't be reported now is found again by the next listing.</summary>
    public async Task ReportAsync(IReadOnlyList<string> names)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop.Draining };
        try
        {
            await Parallel.ForEachAsync(names, options, async (name, _) => await ReportAsync(name));
        }
        catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception) && !stop.Draining.IsCancellationRequested)
        {
            _queue.Lost(exception);
        }
    }

    private async Task ReportAsync(string name)
    {
        string message = BlobDeletedEvent.Json(container.GetBlobClient(name), time.GetUtcNow());
        await sender.SendAsync(queueConnection, Queues.BlobDeletions, message, stop.GivenUp);
        ledger.Forget(name);
    }
}
