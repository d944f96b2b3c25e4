using System.Diagnostics.CodeAnalysis;

namespace Freehold.Neon;

/// <summary>Requests of one priority that wait for their turn, in order. Not safe for threads.</summary>
internal sealed class WaitingCalls
{
    private readonly Dictionary<string, Queue<(long Number, TaskCompletionSource Waiting)>> _routes = [];
    private long _last;

    /// <summary>Puts a request at the end of its route's queue.</summary>
    public void Add(string route, TaskCompletionSource waiting)
    {
        if (!_routes.TryGetValue(route, out var queue))
        {
            _routes.Add(route, queue = []);
        }

        queue.Enqueue((++_last, waiting));
    }

    /// <summary>Routes for which somebody waits, who has waited longest first. Those that were called off meanwhile are left out.</summary>
    public IEnumerable<string> Routes()
    {
        foreach ((string route, var queue) in _routes)
        {
            while (queue.TryPeek(out var first) && first.Waiting.Task.IsCompleted)
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
    public bool TryTake(string route, [NotNullWhen(true)] out TaskCompletionSource? waiting)
    {
        waiting = _routes.TryGetValue(route, out var queue) && queue.TryDequeue(out var first) ? first.Waiting : null;
        return waiting is not null;
    }
}
