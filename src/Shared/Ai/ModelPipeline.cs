using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Retry;
using Polly.Timeout;

namespace Freehold.Ai;

/// <summary>
/// The one place where requests to a model, of whatever kind, are limited, timed out, retried and held back. Outermost first: total
/// time-out, retry, circuit breaker, turn (rates and requests at a time), attempt time-out.
/// </summary>
internal sealed class ModelPipeline : IDisposable
{
    // In half a minute at least so many attempts, half of them failed: the model is away, not the one request unlucky.
    private const int BreakerThroughput = 6;
    private const double BreakerRatio = 0.5;
    private static readonly TimeSpan BreakerSampling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    private static readonly ResiliencePropertyKey<ModelRequest> RequestKey = new("request");

    private readonly ModelPace _pace;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ModelTurns _turns;
    private readonly ResiliencePipeline _pipeline;

    public ModelPipeline(ModelPace pace, TimeProvider time, ILogger logger)
    {
        _pace = pace;
        _time = time;
        _logger = logger;
        _turns = new ModelTurns(pace.ConcurrentRequests, pace.RequestsPerMinute, pace.TokensPerMinute, time);
        ResiliencePipelineBuilder builder = new() { TimeProvider = time };
        _pipeline = builder
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = arguments => new(AtLeastAMoment(Patience(Of(arguments.Context)))) })
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => new(IsWorthAnother(arguments)),
                MaxRetryAttempts = pace.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = pace.FirstPause,
                MaxDelay = LongestPause,
                DelayGenerator = arguments => new((arguments.Outcome.Exception as ModelException)?.RetryAfter),
                OnRetry = Retrying,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder()
                    .Handle<ModelException>(exception => exception.Kind == ModelFailure.Transient)
                    .Handle<TimeoutRejectedException>(),
                FailureRatio = BreakerRatio,
                MinimumThroughput = BreakerThroughput,
                SamplingDuration = BreakerSampling,
                BreakDuration = pace.BreakDuration,
                OnOpened = Opened,
            })
            .AddRateLimiter(new RateLimiterStrategyOptions { RateLimiter = TakeTurnAsync })
            .AddTimeout(pace.AttemptTimeout)
            .Build();
    }

    /// <summary>Sends a request, again where that may help.</summary>
    /// <exception cref="ModelException">It could not be answered.</exception>
    public async Task<T> RunAsync<T>(
        Guid tenantUid, EmbeddingUse use, int tokens, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        ModelRequest request = new(tenantUid, use, tokens, _time.GetTimestamp());
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(RequestKey, request);
        try
        {
            return await _pipeline.ExecuteAsync(
                async (context, send) => await AttemptAsync(Of(context), send, context.CancellationToken), context, send);
        }
        catch (BrokenCircuitException exception)
        {
            throw Throttled("is left alone for a while, after too many failures", exception.RetryAfter ?? _pace.BreakDuration, exception);
        }
        catch (RateLimiterRejectedException exception)
        {
            throw Throttled("asked for a pause", exception.RetryAfter ?? _pace.BreakDuration, exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw request.Waits
                ? Throttled("had no turn for the request in time", Later(_turns.Paused()), exception)
                : request.LastFailure ?? new ModelException(
                    ModelFailure.Transient, $"The model {_pace.Model} did not answer in time.", innerException: exception);
        }
        catch (ModelException exception) when (exception.NeedsOperator)
        {
            Log.NeedsOperator(_logger, _pace.Model, exception.Message);
            throw;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private static ModelRequest Of(ResilienceContext context) =>
        context.Properties.TryGetValue(RequestKey, out ModelRequest? request) ? request : throw new InvalidOperationException("No request.");

    private TimeSpan Patience(ModelRequest request) =>
        (request.Use == EmbeddingUse.Query ? _pace.QueryTimeout : _pace.TotalTimeout) - _time.GetElapsedTime(request.Started);

    // Polly takes a time-out that is not positive for none.
    private static TimeSpan AtLeastAMoment(TimeSpan patience) => patience > TimeSpan.Zero ? patience : TimeSpan.FromMilliseconds(1);

    private async ValueTask<RateLimitLease> TakeTurnAsync(RateLimiterArguments arguments)
    {
        ModelRequest request = Of(arguments.Context);
        request.Waits = true;
        RateLimitLease lease = await _turns.TakeAsync(request, Patience(request), arguments.Context.CancellationToken);
        request.Waits = false;
        return lease;
    }

    private async ValueTask<T> AttemptAsync<T>(ModelRequest request, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await send(cancellationToken);
        }
        catch (ModelException exception)
        {
            request.LastFailure = exception;
            if (exception is { RetryAfter: { } pause, NeedsOperator: false })
            {
                // Not this request alone: whoever asks meanwhile is turned away as well.
                _turns.Pause(pause);
            }

            throw;
        }
    }

    /// <summary>Whether another attempt may help, and can still be made in the time there is.</summary>
    private bool IsWorthAnother(RetryPredicateArguments<object> arguments) => arguments.Outcome.Exception switch
    {
        TimeoutRejectedException => true,
        ModelException { NeedsOperator: true } or ModelException { Kind: ModelFailure.Permanent } => false,
        ModelException { RetryAfter: { } pause } => pause < Patience(Of(arguments.Context)),
        ModelException => true,
        _ => false,
    };

    private ValueTask Retrying(OnRetryArguments<object> arguments)
    {
        string reason = arguments.Outcome.Exception is ModelException exception ? exception.Message : "It did not answer in time.";
        Log.AskedAgain(_logger, _pace.Model, arguments.AttemptNumber + 1, reason, arguments.RetryDelay);
        return ValueTask.CompletedTask;
    }

    private ValueTask Opened(OnCircuitOpenedArguments<object> arguments)
    {
        Log.LeftAlone(_logger, _pace.Model, arguments.BreakDuration);
        return ValueTask.CompletedTask;
    }

    private ModelException Throttled(string what, TimeSpan retryAfter, Exception exception) =>
        new(ModelFailure.Throttled, $"The model {_pace.Model} {what}.", retryAfter, exception);

    // Who finds a long queue comes back when it has moved.
    private TimeSpan Later(TimeSpan paused) => paused > _pace.BreakDuration ? paused : _pace.BreakDuration;
}
