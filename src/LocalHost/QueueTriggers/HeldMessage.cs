using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Freehold.LocalHost.Storage;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>
/// A received message, kept hidden from others until it is settled: completed, or released. Every renewal changes the pop receipt,
/// so renewal ends before anything else is done with the message.
/// </summary>
internal sealed class HeldMessage : IAsyncDisposable
{
    private readonly QueueClient _queue;
    private readonly QueueMessage _message;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _settling = new();
    private readonly Task _renewal;
    private string _receipt;

    public HeldMessage(QueueClient queue, QueueMessage message, TimeSpan visibility, TimeProvider time)
    {
        (_queue, _message, _time, _receipt) = (queue, message, time, message.PopReceipt);
        _renewal = RenewAsync(visibility);
    }

    public string Id => _message.MessageId;

    public string Body => _message.Body.ToString();

    /// <summary>How often it has been delivered, this time included.</summary>
    public long Deliveries => _message.DequeueCount;

    /// <summary>Removes it from the queue. False when it was no longer held.</summary>
    public Task<bool> CompleteAsync() => SettleAsync(() => _queue.DeleteMessageAsync(Id, _receipt));

    /// <summary>Gives it back, to be delivered again after a pause. False when it was no longer held.</summary>
    public Task<bool> ReleaseAsync(TimeSpan pause) => SettleAsync(() => _queue.UpdateMessageAsync(Id, _receipt, (string?)null, pause));

    public async ValueTask DisposeAsync()
    {
        await EndRenewalAsync();
        _settling.Dispose();
    }

    private async Task EndRenewalAsync()
    {
        await _settling.CancelAsync();
        await _renewal;
    }

    private async Task<bool> SettleAsync(Func<Task> settle)
    {
        await EndRenewalAsync();
        try
        {
            await settle();
            return true;
        }
        catch (RequestFailedException exception) when (IsNotHeld(exception))
        {
            return false;
        }
    }

    private async Task RenewAsync(TimeSpan visibility)
    {
        TimeSpan pause = visibility / 2;
        while (await PausedAsync(pause))
        {
            try
            {
                // Not cancellable: a renewal cut off half-way would leave it open which receipt is the valid one.
                UpdateReceipt renewed = await _queue.UpdateMessageAsync(Id, _receipt, (string?)null, visibility, CancellationToken.None);
                _receipt = renewed.PopReceipt;
                pause = visibility / 2;
            }
            catch (RequestFailedException exception) when (IsNotHeld(exception))
            {
                return;
            }
            catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception))
            {
                pause = visibility / 10;
            }
        }
    }

    private async Task<bool> PausedAsync(TimeSpan pause)
    {
        await Task.Delay(pause, _time, _settling.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_settling.IsCancellationRequested;
    }

    private static bool IsNotHeld(RequestFailedException exception) =>
        exception.ErrorCode == QueueErrorCode.MessageNotFound || exception.ErrorCode == QueueErrorCode.PopReceiptMismatch;
}
