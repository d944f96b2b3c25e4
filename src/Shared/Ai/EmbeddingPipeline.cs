using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Retry;
using Polly.Timeout;

namespace Freehold.Ai;

/// <summary>
/// The one place where requests to a model are limited, timed out, retried and held back. Outermost first: total time-out, retry,
/// circuit breaker, turn (rates and requests at a time), attempt time-out.
/// </summary>
internal sealed class EmbeddingPipeline : IDisposable
{
    private const int MaxRetries = 5;

    // In half a minute at least so many attempts, half of them failed: the model is away, not the one request unlucky.
    private const int BreakerThroughput = 6;
    private const double BreakerRatio = 0.5;
    private static readonly TimeSpan BreakerSampling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    private static readonly ResiliencePropertyKey<EmbeddingRequest> RequestKey = new("request");

    private readonly ModelOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EmbeddingTurns _turns;
    private readonly ResiliencePipeline _pipeline;

    public EmbeddingPipeline(ModelOptions options, int concurrentRequests, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _turns = new EmbeddingTurns(concurrentRequests, options.RequestsPerMinute, options.TokensPerMinute, time);
        ResiliencePipelineBuilder builder = new() { TimeProvider = time };
        _pipeline = builder
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = arguments => new(Patience(Of(arguments.Context))) })
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => new(IsWorthAnother(arguments)),
                MaxRetryAttempts = MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.FirstPause,
                MaxDelay = LongestPause,
                DelayGenerator = arguments => new((arguments.Outcome.Exception as EmbeddingException)?.RetryAfter),
                OnRetry = Retrying,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder()
                    .Handle<EmbeddingException>(exception => exception.Kind == EmbeddingFailure.Transient)
                    .Handle<TimeoutRejectedException>(),
                FailureRatio = BreakerRatio,
                MinimumThroughput = BreakerThroughput,
                SamplingDuration = BreakerSampling,
                BreakDuration = options.BreakDuration,
                OnOpened = Opened,
            })
            .AddRateLimiter(new RateLimiterStrategyOptions { RateLimiter = TakeTurnAsync })
            .AddTimeout(options.AttemptTimeout)
            .Build();
    }

    /// <summary>Sends a request, again where that may help.</summary>
    /// <exception cref="EmbeddingException">It could not be answered.</exception>
    public async Task<T> RunAsync<T>(
        Guid tenantUid, EmbeddingUse use, int tokens, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        EmbeddingRequest request = new(tenantUid, use, tokens, _time.GetTimestamp());
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(RequestKey, request);
        try
        {
            return await _pipeline.ExecuteAsync(
                async (context, send) => await AttemptAsync(Of(context), send, context.CancellationToken), context, send);
        }
        catch (BrokenCircuitException exception)
        {
            throw Throttled("is left alone for a while, after too many failures", exception.RetryAfter ?? _options.BreakDuration, exception);
        }
        catch (RateLimiterRejectedException exception)
        {
            throw Throttled("asked for a pause", exception.RetryAfter ?? _options.BreakDuration, exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw request.Waits
                ? Throttled("had no turn for the request in time", Later(_turns.Paused()), exception)
                : request.LastFailure ?? new EmbeddingException(
                    EmbeddingFailure.Transient, $"The model {_options.Id} did not answer in time.", innerException: exception);
        }
        catch (EmbeddingException exception) when (exception.NeedsOperator)
        {
            Log.NeedsOperator(_logger, _options.Id, exception.Message);
            throw;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private static EmbeddingRequest Of(ResilienceContext context) =>
        context.Properties.TryGetValue(RequestKey, out EmbeddingRequest? request) ? request : throw new InvalidOperationException("No request.");

    private TimeSpan Patience(EmbeddingRequest request) =>
        (request.Use == EmbeddingUse.Query ? _options.QueryTimeout : _options.TotalTimeout) - _time.GetElapsedTime(request.Started);

    private async ValueTask<RateLimitLease> TakeTurnAsync(RateLimiterArguments arguments)
    {
        EmbeddingRequest request = Of(arguments.Context);
        request.Waits = true;
        RateLimitLease lease = await _turns.TakeAsync(request, Patience(request), arguments.Context.CancellationToken);
        request.Waits = false;
        return lease;
    }

    private async ValueTask<T> AttemptAsync<T>(EmbeddingRequest request, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await send(cancellationToken);
        }
        catch (EmbeddingException exception)
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
        EmbeddingException { NeedsOperator: true } or EmbeddingException { Kind: EmbeddingFailure.Permanent } => false,
        EmbeddingException { RetryAfter: { } pause } => pause < Patience(Of(arguments.Context)),
        EmbeddingException => true,
        _ => false,
    };

    private ValueTask Retrying(OnRetryArguments<object> arguments)
    {
        string? reason = arguments.Outcome.Exception is EmbeddingException exception ? exception.Message : "It did not answer in time.";
        Log.AskedAgain(_logger, _options.Id, arguments.AttemptNumber + 1, reason, arguments.RetryDelay);
        return ValueTask.CompletedTask;
    }

    private ValueTask Opened(OnCircuitOpenedArguments<object> arguments)
    {
        Log.LeftAlone(_logger, _options.Id, arguments.BreakDuration);
        return ValueTask.CompletedTask;
    }

    private EmbeddingException Throttled(string what, TimeSpan retryAfter, Exception exception) =>
        new(EmbeddingFailure.Throttled, $"The model {_options.Id} {what}.", retryAfter, exception);

    // Who finds a long queue comes back when it has moved.
    private TimeSpan Later(TimeSpan paused) => paused > _options.BreakDuration ? paused : _options.BreakDuration;
}
