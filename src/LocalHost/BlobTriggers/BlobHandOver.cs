using Azure.Storage.Blobs;
using Freehold.LocalHost.Invocation;
using Freehold.Messaging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Hands blob versions to a function, some at a time, each again after a growing pause while the function fails.</summary>
internal sealed class BlobHandOver(
    Function function,
    BlobContainerClient container,
    BlobLedger ledger,
    FunctionRunner runner,
    HostStop stop,
    IOptions<LocalHostOptions> options,
    TimeProvider time,
    ILogger<BlobHandOver> logger)
{
    private const int MostAtOnce = 16;

    private readonly FairSlots _slots = new(MostAtOnce);

    /// <summary>Ends with a receipt, or without when the version is superseded, its blob gone or the host stopping. Never throws.</summary>
    public async Task HandOverAsync(BlobVersion version)
    {
        TimeSpan pause = options.Value.FirstRetry;
        for (int attempt = 1; !await AttemptAsync(version, attempt, pause); attempt++)
        {
            await Task.Delay(pause, time, stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause *= 4;
        }
    }

    /// <summary>Whether nothing is left to be done.</summary>
    private async Task<bool> AttemptAsync(BlobVersion version, int attempt, TimeSpan pause)
    {
        await _slots.WaitAsync(version.Name.Split('/', 2)[0], stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.Draining.IsCancellationRequested)
        {
            return true;
        }

        try
        {
            return !ledger.TryStart(version) || await RunAsync(version, attempt, pause);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<bool> RunAsync(BlobVersion version, int attempt, TimeSpan pause)
    {
        bool receipt = false;
        try
        {
            await runner.RunAsync(function, container.GetBlobClient(version.Name));
            return receipt = true;
        }
        catch (OperationCanceledException) when (stop.Cancelling.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception exception) when (attempt >= Queues.MaxDeliveryCount)
        {
            Log.BlobGivenUp(logger, exception, function.Name, version.ETag, attempt);
            return receipt = true;
        }
        catch (Exception exception)
        {
            Log.BlobAttemptFailed(logger, exception, function.Name, version.ETag, attempt, pause);
            return false;
        }
        finally
        {
            ledger.Finish(version, receipt);
        }
    }
}
