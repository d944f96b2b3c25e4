using Azure;
using Azure.Storage.Queues.Models;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>Receives the messages of one queue and has them handled, with growing pauses while there are none.</summary>
internal sealed class QueueListener(ListenedQueue queue, Delivery delivery, WakeUps wakeUps, HostStop stop) : IListener
{
    private const int MostPerCall = 32;

    /// <summary>Some are held in advance, so that functions need not wait for the next answer.</summary>
    private const int EnoughInAdvance = MostPerCall - Delivery.MostAtOnce;

    private readonly BackOff _idle = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    private readonly BackOff _outage = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
    private readonly RunningTasks _underWay = new();
    private int _held;

    public async Task RunAsync()
    {
        using Delivery disposed = delivery;
        WakeUp wakeUp = wakeUps.Of(queue.Name);
        while (!stop.Draining.IsCancellationRequested)
        {
            TimeSpan pause = await LookAsync(wakeUp);
            if (pause != TimeSpan.Zero)
            {
                await wakeUp.WaitAsync(pause, stop.Draining);
            }
        }

        await _underWay.WhenAllAsync();
    }

    /// <summary>Takes what there is and room for. The answer is how long to wait before the next look.</summary>
    private async Task<TimeSpan> LookAsync(WakeUp wakeUp)
    {
        int held = Volatile.Read(ref _held);
        if (held > EnoughInAdvance)
        {
            // The delivery that makes room sets the signal.
            return Timeout.InfiniteTimeSpan;
        }

        try
        {
            // Not cut off by a stop, since messages of an answer that nobody reads would stay hidden: they are received and released.
            IReadOnlyList<HeldMessage> messages = await queue.ReceiveAsync(MostPerCall - held, stop.GivenUp);
            foreach (HeldMessage message in messages)
            {
                Interlocked.Increment(ref _held);
                _underWay.Add(HandleAsync(message, wakeUp));
            }

            queue.Availability.Back();
            _outage.Reset();
            if (messages.Count == 0)
            {
                return _idle.Next();
            }

            _idle.Reset();
            return TimeSpan.Zero;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return await CreateAsync();
        }
        catch (Exception exception)
        {
            return Outage(exception);
        }
    }

    private async Task HandleAsync(HeldMessage message, WakeUp wakeUp)
    {
        bool released = await delivery.HandleAsync(message);
        if (Interlocked.Decrement(ref _held) == EnoughInAdvance || released)
        {
            wakeUp.Set();
        }
    }

    private async Task<TimeSpan> CreateAsync()
    {
        try
        {
            await queue.CreateAsync(stop.Draining);
            return TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            return Outage(exception);
        }
    }

    private TimeSpan Outage(Exception exception)
    {
        if (!stop.Draining.IsCancellationRequested)
        {
            queue.Availability.Lost(exception);
        }

        return _outage.Next();
    }
}
