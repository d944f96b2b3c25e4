namespace Freehold.LocalHost.BlobTriggers;

/// <summary>
/// Some slots, given in rotation to the folders that wait for one: what is new in one folder does not wait for everything that is new
/// in another.
/// </summary>
internal sealed class FairSlots(int slots)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);
    private readonly Queue<string> _rotation = new();
    private int _free = slots;

    /// <summary>Waits for a slot. Cancelling is for the end of all waiting: a slot may be lost by it.</summary>
    public Task WaitAsync(string folder, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return Task.CompletedTask;
            }

            if (!_waiting.TryGetValue(folder, out Queue<TaskCompletionSource>? queue))
            {
                _waiting.Add(folder, queue = new Queue<TaskCompletionSource>());
                _rotation.Enqueue(folder);
            }

            TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Enqueue(turn);
            return turn.Task.WaitAsync(cancellationToken);
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            if (!_rotation.TryDequeue(out string? folder))
            {
                _free++;
                return;
            }

            Queue<TaskCompletionSource> queue = _waiting[folder];
            queue.Dequeue().SetResult();
            if (queue.Count == 0)
            {
                _waiting.Remove(folder);
            }
            else
            {
                _rotation.Enqueue(folder);
            }
        }
    }
}
