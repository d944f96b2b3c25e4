using Freehold.Tenants;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Usage;

/// <summary>
/// Writes down what this host has counted: every <see cref="UsageOptions.FlushInterval"/>, sooner when there is much, and when the
/// host stops. A count is added exactly once: one whose answer did not come is sent again, unchanged and under its number, before
/// anything newer. While the catalog is away, counts are kept.
/// </summary>
public sealed class UsageFlush(
    Meter meter, KeyUse keyUse, UsageStore store, IOptions<UsageOptions> options, TimeProvider time, ILogger<UsageFlush> logger)
    : BackgroundService
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Guid _host = Guid.NewGuid();
    private UsageBatch? _unanswered;
    private long _number;

    /// <summary>Writes down what there is. Returns when it is in the catalog.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_unanswered is not null)
            {
                await SendAsync(_unanswered, cancellationToken);
            }

            UsageBatch batch = new(_host, _number + 1, meter.Take(), keyUse.Take());
            if (batch.Counts.Count > 0 || batch.KeyUses.Count > 0)
            {
                _number = batch.Number;
                await SendAsync(batch, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(cancellationToken);
        if (_unanswered is not null)
        {
            Log.CountsLost(logger, _unanswered.Counts.Count);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Task pause = Task.Delay(options.Value.FlushInterval, time, stoppingToken);

            // What does not get through is not tried more often because there is much of it.
            await (_unanswered is null ? Task.WhenAny(pause, meter.Crowded) : Task.WhenAny(pause));
            if (!stoppingToken.IsCancellationRequested)
            {
                await TryAsync(stoppingToken);
            }
        }
    }

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was under way is sent again when the host stops.
        }
        catch (Exception exception)
        {
            // Whatever it was: the counts are still there, and the next turn comes.
            Log.FlushFailed(logger, exception);
        }
    }

    private async Task SendAsync(UsageBatch batch, CancellationToken cancellationToken)
    {
        _unanswered = batch;
        await store.AddAsync(batch, cancellationToken);
        _unanswered = null;
    }
}
