using System.Collections.Concurrent;

namespace Freehold.LocalHost;

/// <summary>Tasks that run beside a loop, so that somebody waits for them in the end.</summary>
internal sealed class RunningTasks
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Adds a task that handles its own failures.</summary>
    public void Add(Task task)
    {
        _running[task] = true;
        task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
    }

    public Task WhenAllAsync() => Task.WhenAll(_running.Keys);
}
