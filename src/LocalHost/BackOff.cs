namespace Freehold.LocalHost;

/// <summary>Pauses that double from a shortest to a longest.</summary>
internal sealed class BackOff(TimeSpan shortest, TimeSpan longest)
{
    private int _doublings;

    public TimeSpan Next()
    {
        TimeSpan pause = shortest * (1 << _doublings);
        if (pause >= longest)
        {
            return longest;
        }

        _doublings++;
        return pause;
    }

    public void Reset() => _doublings = 0;
}
