using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.RateLimiting;
using Polly.Retry;
using Polly.Timeout;

namespace Freehold.Neon;

/// <summary>
/// The one place where requests to Neon are limited, timed out and tried again. Outermost first: retry, turn (see <see cref="NeonPace"/>),
/// attempt time-out. Tried again is what Neon says it has not done (423, 429, 503, a branch that is not ready), what was never sent, and what only reads.
/// </summary>
internal sealed class NeonPipeline : IDisposable
{
    private static readonly ResiliencePropertyKey<NeonRequest> RequestKey = new("request");

    private readonly NeonOptions _options;
    private readonly NeonPace _pace;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _pipeline;

    public NeonPipeline(NeonOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _pace = new NeonPace(options, time);
        _time = time;
        _logger = logger;
        ResiliencePipelineBuilder builder = new() { TimeProvider = time };
        _pipeline = builder
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => new(IsWorthAnother(arguments)),
                MaxRetryAttempts = int.MaxValue,
                DelayGenerator = arguments => new(Pause(arguments.AttemptNumber, (arguments.Outcome.Exception as NeonException)?.RetryAfter)),
                OnRetry = Retrying,
            })
            .AddRateLimiter(new RateLimiterStrategyOptions
            {
                RateLimiter = arguments => _pace.TakeAsync(Of(arguments.Context), Patience(Of(arguments.Context)), arguments.Context.CancellationToken),
            })
            .AddTimeout(options.AttemptTimeout)
            .Build();
    }

    /// <summary>Sends a request, again where that may help.</summary>
    /// <exception cref="NeonException">It was refused, or was not answered.</exception>
    public async Task<T> RunAsync<T>(NeonRequest request, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(RequestKey, request);
        try
        {
            return await _pipeline.ExecuteAsync(
                async (context, send) => await AttemptAsync(Of(context), send, context.CancellationToken), context, send);
        }
        catch (RateLimiterRejectedException exception)
        {
            throw new NeonException($"Neon asked for a pause, and {request} was not sent.", exception)
            {
                Status = HttpStatusCode.TooManyRequests,
                IsTransient = true,
                RetryAfter = exception.RetryAfter,
            };
        }
        catch (TimeoutRejectedException exception)
        {
            throw Unanswered(request, exception);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pace.Dispose();

    private static NeonRequest Of(ResilienceContext context) =>
        context.Properties.TryGetValue(RequestKey, out NeonRequest? request) ? request : throw new InvalidOperationException("No request.");

    private static NeonException Unanswered(NeonRequest request, TimeoutRejectedException exception) =>
        new($"Neon did not answer {request} in time (request {request.LastId}).", exception)
        {
            IsTransient = true,
            IsAmbiguous = !request.OnlyReads,
            RequestId = request.LastId,
        };

    private async ValueTask<T> AttemptAsync<T>(NeonRequest request, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        request.Started ??= _time.GetTimestamp();
        try
        {
            return await send(cancellationToken);
        }
        catch (NeonException exception) when (exception.Status == HttpStatusCode.TooManyRequests)
        {
            // Not this request alone: whoever asks meanwhile waits as well. Without a wish of Neon's, as long as the first pause.
            _pace.Pause(exception.RetryAfter ?? _options.FirstPause);
            throw;
        }
    }

    /// <summary>Whether another attempt is safe, and can still be made in the time there is.</summary>
    private bool IsWorthAnother(RetryPredicateArguments<object> arguments)
    {
        NeonRequest request = Of(arguments.Context);
        bool isSafe = arguments.Outcome.Exception switch
        {
            TimeoutRejectedException => request.OnlyReads,
            NeonException { IsTransient: true } exception => !exception.IsAmbiguous,
            _ => false,
        };
        TimeSpan pause = (arguments.Outcome.Exception as NeonException)?.RetryAfter ?? TimeSpan.Zero;
        return isSafe && pause < Patience(request);
    }

    private TimeSpan Patience(NeonRequest request) =>
        _options.RetryBudget - (request.Started is { } started ? _time.GetElapsedTime(started) : TimeSpan.Zero);

    /// <summary>
    /// Chosen at random between nothing and a bound that doubles, so that requests which failed together do not come back together. What
    /// Neon asks for is never shortened.
    /// </summary>
    private TimeSpan Pause(int attempt, TimeSpan? retryAfter)
    {
        double bound = Math.Min(_options.LongestPause.TotalSeconds, _options.FirstPause.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)));
#pragma warning disable CA5394 // Nothing is guarded by it.
        return (retryAfter ?? TimeSpan.Zero) + TimeSpan.FromSeconds(bound * Random.Shared.NextDouble());
#pragma warning restore CA5394
    }

    private ValueTask Retrying(OnRetryArguments<object> arguments)
    {
        string reason = arguments.Outcome.Exception is NeonException exception ? exception.Message : "It was not answered in time.";
        Log.AskedAgain(_logger, Of(arguments.Context).ToString(), arguments.AttemptNumber + 1, reason, arguments.RetryDelay);
        return ValueTask.CompletedTask;
    }
}
