using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Freehold.Tenants;

/// <summary>
/// Waits for a catalog that is away, on behalf of a message. A queue would deliver the message again at once, and after a few
/// deliveries, within a second, take it for undeliverable. Nobody waits for the answer to a message, so the attempt can.
/// </summary>
public sealed class CatalogPatience
{
    // Less than a function may take, with the message's lock renewed meanwhile.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private static readonly ResiliencePropertyKey<long> Begun = new("begun");

    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _time;

    /// <summary>Pauses from half a second up to 10 s.</summary>
    public CatalogPatience(TimeProvider time, ILogger<CatalogPatience> logger)
    {
        _time = time;
        ResiliencePipelineBuilder builder = new() { TimeProvider = time };
        _pipeline = builder
            .AddRetry(new RetryStrategyOptions
            {
                // Ends the waiting, never the work.
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is NpgsqlException { IsTransient: true }
                    && time.GetElapsedTime(arguments.Context.Properties.GetValue(Begun, 0)) < Limit),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromSeconds(0.5),
                MaxDelay = TimeSpan.FromSeconds(10),
                OnRetry = arguments =>
                {
                    Log.CatalogAway(logger, arguments.AttemptNumber + 1, arguments.Outcome.Exception);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Does something that is safe to repeat, again and again until the catalog answers.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(Begun, _time.GetTimestamp());
            return await _pipeline.ExecuteAsync(async inner => await act(inner.CancellationToken), context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }
}
