using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Freehold.Ai;

/// <summary>
/// Where requests to the chat model are timed out, retried and held back until their answer begins. Outermost first: total time-out, retry,
/// circuit breaker, attempt time-out.
/// </summary>
internal sealed class ChatPipeline
{
    private const int MaxRetries = 3;
    private const int BreakerThroughput = 6;
    private const double BreakerRatio = 0.5;
    private static readonly TimeSpan BreakerSampling = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly ChatModelOptions _options;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _pipeline;

    public ChatPipeline(ChatModelOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        ResiliencePipelineBuilder builder = new() { TimeProvider = time };
        _pipeline = builder
            .AddTimeout(options.TotalTimeout)
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => new(IsWorthAnother(arguments.Outcome.Exception)),
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
            })
            .AddTimeout(options.AttemptTimeout)
            .Build();
    }

    /// <summary>Sends a request, again where that may help.</summary>
    /// <exception cref="EmbeddingException">It could not be answered.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async (send, token) => await send(token), send, cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            throw new EmbeddingException(
                EmbeddingFailure.Throttled,
                $"The model {_options.Model} is left alone for a while, after too many failures.",
                exception.RetryAfter ?? _options.BreakDuration,
                exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new EmbeddingException(
                EmbeddingFailure.Transient, $"The model {_options.Model} did not answer in time.", innerException: exception);
        }
        catch (EmbeddingException exception) when (exception.NeedsOperator)
        {
            Log.NeedsOperator(_logger, _options.Model, exception.Message);
            throw;
        }
    }

    private bool IsWorthAnother(Exception? exception) => exception switch
    {
        TimeoutRejectedException => true,
        EmbeddingException { NeedsOperator: true } or EmbeddingException { Kind: EmbeddingFailure.Permanent } => false,
        EmbeddingException { RetryAfter: { } pause } => pause < _options.TotalTimeout,
        EmbeddingException => true,
        _ => false,
    };

    private ValueTask Retrying(OnRetryArguments<object> arguments)
    {
        string reason = arguments.Outcome.Exception is EmbeddingException exception ? exception.Message : "It did not answer in time.";
        Log.ChatAskedAgain(_logger, _options.Model, arguments.AttemptNumber + 1, reason, arguments.RetryDelay);
        return ValueTask.CompletedTask;
    }
}
