using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Freehold.LocalHost.Storage;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Notices new, changed and deleted blobs of one container by listing it again and again.</summary>
internal sealed class BlobListener(
    BlobContainerClient container,
    BlobLedger ledger,
    BlobHandOver handOver,
    BlobDeletions deletions,
    StorageAvailability availability,
    HostStop stop,
    TimeProvider time) : IListener
{
    private readonly BackOff _outage = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
    private readonly RunningTasks _underWay = new();

    public async Task RunAsync()
    {
        using BlobLedger closed = ledger;
        using BlobHandOver disposed = handOver;
        while (!stop.Draining.IsCancellationRequested)
        {
            TimeSpan pause = await LookAsync();
            await Task.Delay(pause, time, stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _underWay.WhenAllAsync();
    }

    /// <summary>One listing and what follows from it. The answer is how long to wait before the next.</summary>
    private async Task<TimeSpan> LookAsync()
    {
        try
        {
            long started = time.GetTimestamp();
            int count = await ListAsync();
            TimeSpan took = time.GetElapsedTime(started);
            await deletions.ReportAsync(ledger.Gone());
            availability.Back();
            _outage.Reset();
            return ListingPace.PauseAfter(took, count);
        }
        catch (Exception) when (stop.Draining.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            availability.Lost(exception);
            return _outage.Next();
        }
    }

    private async Task<int> ListAsync()
    {
        int count = 0;
        ledger.BeginListing();
        await foreach (Page<BlobItem> page in PagesAsync())
        {
            count += page.Values.Count;
            foreach (BlobItem blob in page.Values)
            {
                if (ledger.See(blob.Name, blob.Properties.ETag.ToString()!) is { } version)
                {
                    _underWay.Add(handOver.HandOverAsync(version));
                }
            }
        }

        return count;
    }

    private async IAsyncEnumerable<Page<BlobItem>> PagesAsync()
    {
        AsyncPageable<BlobItem> blobs = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, stop.Draining);
        await using IAsyncEnumerator<Page<BlobItem>> pages = blobs.AsPages().GetAsyncEnumerator(stop.Draining);
        while (await NextAsync(pages))
        {
            yield return pages.Current;
        }
    }

    /// <summary>A missing container is made, and is empty.</summary>
    private async Task<bool> NextAsync(IAsyncEnumerator<Page<BlobItem>> pages)
    {
        try
        {
            return await pages.MoveNextAsync();
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: stop.Draining);
            return false;
        }
    }
}
