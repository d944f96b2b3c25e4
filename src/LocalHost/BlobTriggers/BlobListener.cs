using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Freehold.LocalHost.Storage;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Notices new, changed and deleted blobs of one container by listing it again and again.</summary>
internal sealed class BlobListener(
    BlobContainerClient container,
    BlobLedger ledger,
    BlobHandOver handOver,
    BlobDeletions deletions,
    StorageAvailability availability,
    HostStop stop,
    IOptions<LocalHostOptions> options,
    TimeProvider time) : IListener
{
    private readonly BackOff _outage = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
    private readonly ListingPace _pace = new();
    private readonly RunningTasks _underWay = new();

    public async Task RunAsync()
    {
        using BlobLedger closed = ledger;
        while (!stop.Draining.IsCancellationRequested)
        {
            await PauseAsync(await ListAndTellAsync());
        }

        await _underWay.WhenAllAsync();
    }

    /// <summary>The answer is how long to wait before the next listing.</summary>
    private async Task<TimeSpan> ListAndTellAsync()
    {
        try
        {
            TimeSpan pause = await ListAsync();
            availability.Back();
            _outage.Reset();
            return pause;
        }
        catch (Exception) when (stop.Draining.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            return await CreateAsync();
        }
        catch (Exception exception)
        {
            availability.Lost(exception);
            return _outage.Next();
        }
    }

    private async Task<TimeSpan> ListAsync()
    {
        AsyncPageable<BlobItem> blobs = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, stop.Draining);
        await using var pages = blobs.AsPages(pageSizeHint: options.Value.ListingPage).GetAsyncEnumerator(stop.Draining);
        (TimeSpan listing, int count) = (TimeSpan.Zero, 0);
        ledger.BeginListing();
        while (true)
        {
            long started = time.GetTimestamp();
            await pages.MoveNextAsync();
            listing += time.GetElapsedTime(started);
            IReadOnlyList<BlobItem> page = pages.Current.Values;
            count += page.Count;
            bool isLast = string.IsNullOrEmpty(pages.Current.ContinuationToken);
            await TellAsync(page, isLast ? null : page[^1].Name);
            if (isLast)
            {
                return _pace.AfterListing(listing, count, page.Count);
            }

            await PauseAsync(_pace.AfterPage(page.Count));
        }
    }

    private async Task TellAsync(IReadOnlyList<BlobItem> page, string? last)
    {
        foreach (BlobItem blob in page)
        {
            if (ledger.See(blob.Name, blob.Properties.ETag.ToString()!) is { } version)
            {
                _underWay.Add(handOver.HandOverAsync(version));
            }
        }

        await deletions.ReportAsync(ledger.EndPage(last));
    }

    /// <summary>A missing container is made. Until it is there, everything in it is gone.</summary>
    private async Task<TimeSpan> CreateAsync()
    {
        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: stop.Draining);
        }
        catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception) && !stop.Draining.IsCancellationRequested)
        {
            availability.Lost(exception);
            return _outage.Next();
        }

        return TimeSpan.Zero;
    }

    private async Task PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, time, stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
