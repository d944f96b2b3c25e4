using System.Threading.RateLimiting;

namespace Freehold.Ai;

/// <summary>
/// Who may ask a model next, under its limits of requests at a time, requests a minute and tokens a minute. Tenants take turns, so one with
/// ten thousand waiting requests delays another's by one; queries go before documents, which leave a reserve for them.
/// </summary>
internal sealed class ModelTurns : IDisposable
{
    // A part of the rates, and one of the requests at a time.
    private const double ReserveForQueries = 0.1;

    private readonly Lock _lock = new();
    private readonly WaitingRequests _queries = new();
    private readonly WaitingRequests _documents = new();
    private readonly RateAllowance _requests;
    private readonly RateAllowance _tokens;
    private readonly int _concurrent;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _pauseStarted;
    private TimeSpan _pause;
    private int _running;

    /// <summary>A limit that is null does not bind.</summary>
    public ModelTurns(int concurrent, int? requestsPerMinute, int? tokensPerMinute, TimeProvider time)
    {
        _concurrent = concurrent;
        _time = time;
        _requests = new RateAllowance(requestsPerMinute, time);
        _tokens = new RateAllowance(tokensPerMinute, time);
        _timer = time.CreateTimer(_ => Advance(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for a turn, which lasts until it is disposed. It is refused where a pause outlasts the patience.</summary>
    public async ValueTask<RateLimitLease> TakeAsync(ModelRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (PauseLeft() is var left && left > patience)
            {
                return new Refusal(left);
            }

            (request.Use == EmbeddingUse.Query ? _queries : _documents).Add(request, waiting);
        }

        Advance();
        await using (cancellationToken.UnsafeRegister(
            static (waiting, token) => ((TaskCompletionSource)waiting!).TrySetCanceled(token), waiting))
        {
            await waiting.Task;
        }

        return new Turn(this);
    }

    /// <summary>Lets nobody ask for a while, as the model wishes.</summary>
    public void Pause(TimeSpan pause)
    {
        lock (_lock)
        {
            if (pause > PauseLeft())
            {
                (_pauseStarted, _pause) = (_time.GetTimestamp(), pause);
            }
        }
    }

    /// <summary>How long nobody may ask.</summary>
    public TimeSpan Paused()
    {
        lock (_lock)
        {
            return PauseLeft();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private TimeSpan PauseLeft()
    {
        TimeSpan left = _pause - (_pause > TimeSpan.Zero ? _time.GetElapsedTime(_pauseStarted) : TimeSpan.Zero);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Advance()
    {
        lock (_lock)
        {
            TimeSpan wait = PauseLeft();
            while (wait == TimeSpan.Zero && (_queries.TryPeek(out ModelRequest? request) || _documents.TryPeek(out request)))
            {
                bool reserves = request.Use == EmbeddingUse.Document;
                if (_running >= (reserves ? Math.Max(1, _concurrent - 1) : _concurrent))
                {
                    // Who ends a turn looks again.
                    return;
                }

                double reserve = reserves ? ReserveForQueries : 0;
                TimeSpan untilTokens = _tokens.Wait(request.Tokens, reserve);
                TimeSpan untilRequests = _requests.Wait(1, reserve);
                wait = untilTokens > untilRequests ? untilTokens : untilRequests;
                if (wait == TimeSpan.Zero && (reserves ? _documents : _queries).Release())
                {
                    _tokens.Take(request.Tokens);
                    _requests.Take(1);
                    _running++;
                }
            }

            if (wait > TimeSpan.Zero)
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _running--;
        }

        Advance();
    }

    private sealed class Turn(ModelTurns turns) : RateLimitLease
    {
        private int _ended;

        public override bool IsAcquired => true;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                turns.End();
            }

            base.Dispose(disposing);
        }
    }

    private sealed class Refusal(TimeSpan retryAfter) : RateLimitLease
    {
        public override bool IsAcquired => false;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = metadataName == MetadataName.RetryAfter.Name ? retryAfter : null;
            return metadata is not null;
        }
    }
}
