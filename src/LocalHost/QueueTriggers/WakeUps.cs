using System.Collections.Concurrent;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>Tells a queue's listener that this host has just put something there, so that it need not wait for its next look.</summary>
internal sealed class WakeUps(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, WakeUp> _byQueue = new();

    public WakeUp Of(string queue) => _byQueue.GetOrAdd(queue, _ => new WakeUp(time));
}

/// <summary>A signal for one waiter. Setting it while nobody waits is remembered.</summary>
internal sealed class WakeUp(TimeProvider time)
{
    private volatile TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set() => _signal.TrySetResult();

    /// <summary>Returns at the signal, after a time at most, or when cancelled. A signal may be old: the waiter has to look.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_signal.Task, Task.Delay(atMost, time, cancellationToken));
        if (_signal.Task.IsCompleted)
        {
            _signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
