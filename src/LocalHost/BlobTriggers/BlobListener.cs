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
    private readonly ListingRoute _route = new(options.Value.ListingPage);
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
        (TimeSpan listing, int count) = (TimeSpan.Zero, 0);
        ledger.BeginListing();
        _route.Begin();
        while (true)
        {
            long started = time.GetTimestamp();
            Page<BlobItem> answer = await ReadPageAsync();
            listing += time.GetElapsedTime(started);
            IReadOnlyList<BlobItem> page = answer.Values;
            count += page.Count;
            string? last = string.IsNullOrEmpty(answer.ContinuationToken) ? null : page[^1].Name;
            await TellAsync(page, _route.After, last);
            _route.Next(last is null ? null : page[0].Name, last);
            if (last is null)
            {
                return _pace.AfterListing(listing, count, page.Count);
            }

            await PauseAsync(_pace.AfterPage(page.Count));
        }
    }

    /// <summary>Azurite's continuation token is the name that the page before ends with; any other name is as good.</summary>
    private async Task<Page<BlobItem>> ReadPageAsync()
    {
        AsyncPageable<BlobItem> blobs = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, stop.Draining);
        await using IAsyncEnumerator<Page<BlobItem>> pages = blobs.AsPages(_route.After, _route.Count).GetAsyncEnumerator(stop.Draining);
        await pages.MoveNextAsync();
        return pages.Current;
    }

    private async Task TellAsync(IReadOnlyList<BlobItem> page, string? after, string? last)
    {
        foreach (BlobItem blob in page)
        {
            if (ledger.See(blob.Name, blob.Properties.ETag.ToString()!) is { } version)
            {
                _underWay.Add(handOver.HandOverAsync(version));
            }
        }

        await deletions.ReportAsync(ledger.EndPage(after, last));
    }

    /// <summary>A missing container is made. Until it is there, everything in it is gone.</summary>
    private async Task<TimeSpan> CreateAsync()
    {
        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: stop.Draining);
        }
        catch (Exception) when (stop.Draining.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception))
        {
            availability.Lost(exception);
            return _outage.Next();
        }

        return TimeSpan.Zero;
    }

    private async Task PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, time, stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
