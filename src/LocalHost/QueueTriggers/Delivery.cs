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

    private enum Outcome
    {
        Done,
        Failed,
        Interrupted,
        Exhausted,
    }

    /// <summary>
    /// The answer is whether the message waits for its next delivery. Never throws: a message that can't be settled comes back when its
    /// visibility ends.
    /// </summary>
    public async Task<bool> HandleAsync(HeldMessage message)
    {
        await using (message)
        {
            Outcome outcome = await RunAsync(message);
            try
            {
                if (!await SettleAsync(message, outcome))
                {
                    Log.HoldLost(logger, message.Id, queue.Name);
                }
            }
            catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception))
            {
                queue.Availability.Lost(exception);
            }

            return outcome is Outcome.Failed or Outcome.Interrupted;
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task<Outcome> RunAsync(HeldMessage message)
    {
        if (message.Deliveries > Queues.MaxDeliveryCount && !queue.IsPoison)
        {
            // Its last delivery ended with the process, or with the storage away.
            return Outcome.Exhausted;
        }

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
            return message.Deliveries < Queues.MaxDeliveryCount ? Outcome.Failed : Outcome.Exhausted;
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>False when the message was no longer held. Not cut short by a stop: what is held is to be let go.</summary>
    private async Task<bool> SettleAsync(HeldMessage message, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Done:
                return await message.CompleteAsync();
            case Outcome.Exhausted when queue.IsPoison:
                Log.LeftInPoisonQueue(logger, message.Id, queue.Name, message.Deliveries, PoisonRetry);
                return await message.ReleaseAsync(PoisonRetry);
            case Outcome.Exhausted:
                await queue.CopyToPoisonAsync(message);
                Log.DeadLettered(logger, message.Id, queue.Name, queue.PoisonName, message.Deliveries);
                return await message.CompleteAsync();
            default:
                return await message.ReleaseAsync(TimeSpan.Zero);
        }
    }
}
