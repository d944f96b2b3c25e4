using System.Diagnostics.CodeAnalysis;

namespace Freehold.Ai;

/// <summary>Requests that wait, a queue for each tenant; tenants take turns. Not safe for threads.</summary>
internal sealed class WaitingRequests
{
    private readonly Dictionary<Guid, Queue<(ModelRequest Request, TaskCompletionSource Waiting)>> _queues = [];
    private readonly Queue<Guid> _order = [];

    /// <summary>Puts a request at the end of its tenant's queue.</summary>
    public void Add(ModelRequest request, TaskCompletionSource waiting)
    {
        if (!_queues.TryGetValue(request.TenantUid, out var queue))
        {
            _queues.Add(request.TenantUid, queue = []);
            _order.Enqueue(request.TenantUid);
        }

        queue.Enqueue((request, waiting));
    }

    /// <summary>The request whose turn is next. Those that were called off meanwhile are left out.</summary>
    public bool TryPeek([NotNullWhen(true)] out ModelRequest? request)
    {
        while (_order.TryPeek(out Guid tenant))
        {
            var queue = _queues[tenant];
            while (queue.TryPeek(out var first))
            {
                if (!first.Waiting.Task.IsCompleted)
                {
                    request = first.Request;
                    return true;
                }

                queue.Dequeue();
            }

            _queues.Remove(tenant);
            _order.Dequeue();
        }

        request = null;
        return false;
    }

    /// <summary>Lets that request go, and its tenant to the end of the order.</summary>
    /// <returns>False if it was called off in this moment.</returns>
    public bool Release()
    {
        Guid tenant = _order.Dequeue();
        var queue = _queues[tenant];
        var (_, waiting) = queue.Dequeue();
        if (queue.Count > 0)
        {
            _order.Enqueue(tenant);
        }
        else
        {
            _queues.Remove(tenant);
        }

        return waiting.TrySetResult();
    }
}
