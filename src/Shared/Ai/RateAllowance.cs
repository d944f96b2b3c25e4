namespace Freehold.Ai;

/// <summary>
/// What a rate a minute allows at this moment. It grows steadily and keeps at most ten seconds' worth, the window by which Azure OpenAI
/// judges bursts. Not safe for threads.
/// </summary>
internal sealed class RateAllowance
{
    private readonly TimeProvider _time;
    private readonly double _perSecond;
    private readonly double _most;
    private double _level;
    private long _updated;

    /// <summary>A rate that is null allows everything.</summary>
    public RateAllowance(int? perMinute, TimeProvider time)
    {
        _time = time;
        _perSecond = perMinute / 60.0 ?? double.PositiveInfinity;
        _most = Math.Max(1, _perSecond * 10);
        _level = _most;
        _updated = time.GetTimestamp();
    }

    /// <summary>How long until so much can be taken and the reserve, a share of the most there can be, is still there.</summary>
    public TimeSpan Wait(double amount, double reserve)
    {
        if (double.IsPositiveInfinity(_perSecond))
        {
            return TimeSpan.Zero;
        }

        long now = _time.GetTimestamp();
        _level = Math.Min(_most, _level + (_time.GetElapsedTime(_updated, now).TotalSeconds * _perSecond));
        _updated = now;

        // What is more than there can be leaves a debt, so that the rate is kept all the same.
        double missing = Math.Min(amount + (reserve * _most), _most) - _level;
        return missing <= 1e-9 ? TimeSpan.Zero : TimeSpan.FromSeconds(missing / _perSecond) + TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Takes it.</summary>
    public void Take(double amount)
    {
        if (!double.IsPositiveInfinity(_perSecond))
        {
            _level -= amount;
        }
    }
}
