using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.Storage;
using Freehold.Messaging;
using Microsoft.Extensions.Logging;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>
/// What becomes of one received message. A failure puts it back at once, as Service Bus does; one failure too many moves it to the
/// poison queue. A message of the poison queue has nowhere to go: it stays there and is tried again much later, so nothing is ever lost.
/// </summary>
internal sealed class Delivery(
    Function function, ListenedQueue queue, FunctionRunner runner, HostStop stop, ILogger<Delivery> logger) : IDisposable
{
    public const int MostAtOnce = 16;

    private static readonly TimeSpan PoisonRetry = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _slots = new(MostAtOnce);

    /// <summary>Never throws: a message that can't be settled now comes back when its visibility ends.</summary>
    public async Task HandleAsync(HeldMessage message)
    {
        await using (message)
        {
            try
            {
                if (!await SettleAsync(message))
                {
                    Log.HoldLost(logger, message.Id, queue.Name);
                }
            }
            catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception))
            {
                queue.Availability.Lost(exception);
            }
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task<bool> SettleAsync(HeldMessage message)
    {
        if (message.Deliveries > Queues.MaxDeliveryCount && !queue.IsPoison)
        {
            // Its last delivery ended with the process or with the storage away.
            return await GiveUpAsync(message);
        }

        Outcome outcome = await RunAsync(message);
        return outcome switch
        {
            Outcome.Done => await message.CompleteAsync(stop.GivenUp),
            Outcome.Failed when message.Deliveries >= Queues.MaxDeliveryCount => await GiveUpAsync(message),
            _ => await message.ReleaseAsync(TimeSpan.Zero, CancellationToken.None),
        };
    }

    private async Task<Outcome> RunAsync(HeldMessage message)
    {
        await _slots.WaitAsync(stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stop.Draining.IsCancellationRequested)
        {
            return Outcome.Interrupted;
        }

        try
        {
            await runner.RunAsync(function, MessageBody.Read(message.Body));
            return Outcome.Done;
        }
        catch (OperationCanceledException) when (stop.Cancelling.IsCancellationRequested)
        {
            return Outcome.Interrupted;
        }
        catch (Exception exception)
        {
            Log.DeliveryFailed(logger, exception, function.Name, message.Id, queue.Name, message.Deliveries);
            return Outcome.Failed;
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<bool> GiveUpAsync(HeldMessage message)
    {
        if (queue.IsPoison)
        {
            Log.LeftInPoisonQueue(logger, message.Id, queue.Name, message.Deliveries, PoisonRetry);
            return await message.ReleaseAsync(PoisonRetry, CancellationToken.None);
        }

        await queue.CopyToPoisonAsync(message, CancellationToken.None);
        Log.DeadLettered(logger, message.Id, queue.Name, queue.PoisonName, message.Deliveries);
        return await message.CompleteAsync(CancellationToken.None);
    }

    private enum Outcome
    {
        Done,
        Failed,
        Interrupted,
    }
}
