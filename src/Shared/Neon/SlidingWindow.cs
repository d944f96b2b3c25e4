namespace Freehold.Neon;

/// <summary>
/// So many requests in any span of a length. A place is taken when a request is sent and free again that long after it was answered, since
/// the server counts it somewhere in between. Not safe for threads.
/// </summary>
internal sealed class SlidingWindow(int places, TimeSpan length, TimeProvider time)
{
    private readonly Queue<long> _ended = [];
    private int _running;

    /// <summary>How many places there are.</summary>
    public int Places => places;

    /// <summary>
    /// How long until one of the first <paramref name="usable"/> places is free; null if that waits for the end of a request.
    /// </summary>
    public TimeSpan? Wait(int usable)
    {
        while (_ended.TryPeek(out long ended) && time.GetElapsedTime(ended) >= length)
        {
            _ended.Dequeue();
        }

        int tooMany = _running + _ended.Count - usable + 1;
        return tooMany <= 0 ? TimeSpan.Zero
            : tooMany > _ended.Count ? null
            : length - time.GetElapsedTime(_ended.ElementAt(tooMany - 1));
    }

    /// <summary>A request is sent.</summary>
    public void Take() => _running++;

    /// <summary>It was answered, or given up.</summary>
    public void End()
    {
        _running--;
        _ended.Enqueue(time.GetTimestamp());
    }
}
