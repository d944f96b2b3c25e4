using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Freehold.Provisioning.Providers;

/// <summary>Prepares every provider when a host starts, so that no tenant waits for it; a server that is away is asked again.</summary>
public sealed class ProviderPreparation(DatabaseProviders providers, TimeProvider time, ILogger<ProviderPreparation> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Whether tenants can be provisioned.</summary>
    public bool Completed { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!Completed)
        {
            try
            {
                foreach (IDatabaseProvider provider in providers.All)
                {
                    await provider.PrepareAsync(stoppingToken);
                }

                Completed = true;
            }
            catch (Exception exception) when (ProviderFailures.Is(exception))
            {
                Log.ServerUnavailable(logger, exception);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }
}
