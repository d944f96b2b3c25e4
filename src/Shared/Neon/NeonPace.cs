using System.Threading.RateLimiting;

namespace Freehold.Neon;

/// <summary>
/// Whose request goes to Neon next, so that this host stays below the account's rates. Requests for which a person waits go first; the
/// others leave them a part of each minute. It knows of this host's requests only: hosts that share an account share its rates by
/// <see cref="NeonOptions.Share"/>.
/// </summary>
internal sealed class NeonPace : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly WaitingCalls _persons = new();
    private readonly WaitingCalls _background = new();
    private readonly Dictionary<string, SlidingWindow> _seconds = [];
    private readonly SlidingWindow _minute;
    private readonly SlidingWindow _consumption;
    private readonly int _forBackground;
    private readonly int _perSecond;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _pauseStarted;
    private TimeSpan _pause;

    public NeonPace(NeonOptions options, TimeProvider time)
    {
        _time = time;
        _minute = new SlidingWindow(Part(options.RequestsPerMinute, options.Share), Minute, time);
        _consumption = new SlidingWindow(Part(options.ConsumptionRequestsPerMinute, options.Share), Minute, time);
        _forBackground = Part(_minute.Places, 1 - options.ReserveForPersons);
        _perSecond = Part(options.RequestsPerSecondAndRoute, options.Share);
        _timer = time.CreateTimer(_ => Advance(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for a turn, which lasts until it is disposed. It is refused while a pause outlasts the patience.</summary>
    public async ValueTask<RateLimitLease> TakeAsync(NeonRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string route = request.ToString();
        WaitingCall call;
        lock (_lock)
        {
            call = (request.Priority == NeonPriority.Person ? _persons : _background).Add(route, patience);
            if (PauseLeft() is var left && left > TimeSpan.Zero && left > patience)
            {
                call.TurnAway(left);
            }
        }

        Advance();
        return await call.WaitAsync(cancellationToken) is { } pause ? new NeonTurn(pause) : new NeonTurn(() => End(route));
    }

    /// <summary>Lets nobody ask for a while, as Neon wishes.</summary>
    public void Pause(TimeSpan pause)
    {
        lock (_lock)
        {
            if (pause > PauseLeft())
            {
                (_pauseStarted, _pause) = (_time.GetTimestamp(), pause);
                _persons.TurnAway(pause);
                _background.TurnAway(pause);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    // A host that has any part of a rate at all has one request.
    private static int Part(int rate, double share) => Math.Max(1, (int)(rate * share));

    private TimeSpan PauseLeft()
    {
        TimeSpan left = _pause - (_pause > TimeSpan.Zero ? _time.GetElapsedTime(_pauseStarted) : TimeSpan.Zero);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Advance()
    {
        lock (_lock)
        {
            TimeSpan? pause = PauseLeft();
            TimeSpan? next = pause > TimeSpan.Zero ? pause : Earlier(Advance(_persons, _minute.Places), Advance(_background, _forBackground));
            if (next is { } wait)
            {
                // A moment more, or the timer may come before the time stamp does.
                _timer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <returns>How long until another may go; null if nobody waits, or for the end of a request, who looks again.</returns>
    private TimeSpan? Advance(WaitingCalls calls, int places)
    {
        TimeSpan? next = null;
        foreach (string route in calls.Routes().ToArray())
        {
            TimeSpan? wait;
            while ((wait = Wait(route, places)) == TimeSpan.Zero)
            {
                if (!calls.TryTake(route, out WaitingCall? call))
                {
                    wait = null;
                    break;
                }

                // Not if it was called off in this moment.
                if (call.Release())
                {
                    Array.ForEach(Windows(route), window => window.Take());
                }
            }

            next = Earlier(next, wait);
        }

        return next;
    }

    private TimeSpan? Wait(string route, int places)
    {
        TimeSpan wait = TimeSpan.Zero;
        foreach (SlidingWindow window in Windows(route))
        {
            if (window.Wait(ReferenceEquals(window, _minute) ? places : window.Places) is not { } one)
            {
                return null;
            }

            wait = one > wait ? one : wait;
        }

        return wait;
    }

    private SlidingWindow[] Windows(string route)
    {
        if (!_seconds.TryGetValue(route, out SlidingWindow? second))
        {
            _seconds.Add(route, second = new SlidingWindow(_perSecond, TimeSpan.FromSeconds(1), _time));
        }

        return route.Contains(NeonRoutes.Consumption, StringComparison.Ordinal) ? [_minute, second, _consumption] : [_minute, second];
    }

    private void End(string route)
    {
        lock (_lock)
        {
            Array.ForEach(Windows(route), window => window.End());
        }

        Advance();
    }

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other ?? one : one;
}
