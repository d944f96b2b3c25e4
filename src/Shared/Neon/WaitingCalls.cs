using System.Diagnostics.CodeAnalysis;

namespace Freehold.Neon;

/// <summary>Requests of one priority that wait for their turn, in order. Not safe for threads.</summary>
internal sealed class WaitingCalls
{
    private readonly Dictionary<string, Queue<WaitingCall>> _routes = [];
    private long _last;

    /// <summary>Puts a request at the end of its route's queue.</summary>
    public WaitingCall Add(string route, TimeSpan patience)
    {
        if (!_routes.TryGetValue(route, out var queue))
        {
            _routes.Add(route, queue = []);
        }

        WaitingCall call = new(++_last, patience);
        queue.Enqueue(call);
        return call;
    }

    /// <summary>Turns away those for whom a pause is too long.</summary>
    public void TurnAway(TimeSpan pause)
    {
        foreach (WaitingCall call in _routes.Values.SelectMany(queue => queue).Where(call => call.Patience < pause))
        {
            call.TurnAway(pause);
        }
    }

    /// <summary>
    /// Routes for which somebody waits, who has waited longest first. Those that were called off or turned away meanwhile are left out.
    /// </summary>
    public IEnumerable<string> Routes()
    {
        foreach ((string route, var queue) in _routes)
        {
            while (queue.TryPeek(out WaitingCall? first) && first.HasGone)
            {
                queue.Dequeue();
            }

            if (queue.Count == 0)
            {
                _routes.Remove(route);
            }
        }

        return _routes.OrderBy(pair => pair.Value.Peek().Number).Select(pair => pair.Key);
    }

    /// <summary>Takes the first of a route.</summary>
    public bool TryTake(string route, [NotNullWhen(true)] out WaitingCall? call)
    {
        call = null;
        return _routes.TryGetValue(route, out var queue) && queue.TryDequeue(out call);
    }
}

/// <summary>A request that waits for its turn.</summary>
/// <param name="number">Its place in the order in which requests came.</param>
/// <param name="patience">The longest pause that it waits for.</param>
internal sealed class WaitingCall(long number, TimeSpan patience)
{
    private readonly TaskCompletionSource<TimeSpan?> _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Number => number;

    public TimeSpan Patience => patience;

    public bool HasGone => _waiting.Task.IsCompleted;

    /// <summary>Its turn has come.</summary>
    /// <returns>False if it has gone in this moment.</returns>
    public bool Release() => _waiting.TrySetResult(null);

    /// <summary>It is not to wait for a pause of this length.</summary>
    public void TurnAway(TimeSpan pause) => _waiting.TrySetResult(pause);

    /// <summary>Waits for the turn.</summary>
    /// <returns>Null when it has come; else the pause for which it is turned away.</returns>
    public async Task<TimeSpan?> WaitAsync(CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister(static (call, token) => ((WaitingCall)call!)._waiting.TrySetCanceled(token), this))
        {
            return await _waiting.Task;
        }
    }
}
