using System.Collections.Concurrent;
using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Moves.BetweenRegions;

/// <summary>
/// The regions that this host can enter: its own, and those that it has been given settings for, to fetch tenants from. Nothing but a move,
/// and the end of one, goes by way of this.
/// </summary>
public sealed class RegionReaches(IConfiguration configuration, IServiceProvider host, Regions regions, IOptions<MoveOptions> options) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ServiceProvider>> _others = [];

    /// <summary>What holds that region's tenants.</summary>
    /// <exception cref="RegionOutOfReachException">There are no settings for it.</exception>
    internal RegionReach Of(string region) => Reach(region == regions.Here ? host : _others.GetOrAdd(region, Compose).Value);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<ServiceProvider> other in _others.Values.Where(other => other.IsValueCreated))
        {
            await other.Value.DisposeAsync();
        }
    }

    private static RegionReach Reach(IServiceProvider services) => new(
        services.GetRequiredService<DatabaseProviders>(),
        services.GetRequiredService<DocumentBlobs>(),
        services.GetRequiredService<TenantBlobs>(),
        services.GetRequiredService<WorkStore>());

    private Lazy<ServiceProvider> Compose(string region)
    {
        int index = options.Value.From.Select(source => source.Region).ToList().IndexOf(region);
        return index >= 0
            ? new Lazy<ServiceProvider>(() => Compose(configuration.GetSection($"Moves:From:{index}")))
            : throw new RegionOutOfReachException(region);
    }

    /// <summary>What a host of that region has of these, by the same settings; the catalog and the models are this host's.</summary>
    private ServiceProvider Compose(IConfigurationSection settings)
    {
        ServiceCollection services = new();
        services.AddSingleton(host.GetRequiredService<ILoggerFactory>());
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(host.GetRequiredService<TimeProvider>());
        services.AddSingleton(host.GetRequiredService<CatalogDatabase>());
        services.AddSingleton(host.GetRequiredService<InstallationMark>());
        services.AddSingleton(host.GetRequiredService<EmbeddingModels>());
        services.AddSingleton(host.GetRequiredService<Wakes>());
        services.AddOptions<ProvisioningOptions>().Bind(settings.GetSection("Provisioning"));
        services.AddOptions<WorkStoreOptions>().Bind(settings.GetSection("WorkStore"));
        if (settings.GetSection("Tenants:CredentialKeys").Exists())
        {
            services.AddOptions<TenantsOptions>().Bind(settings.GetSection("Tenants"));
        }
        else
        {
            services.AddSingleton(host.GetRequiredService<IOptions<TenantsOptions>>());
        }

        services.AddSingleton<CredentialCipher>();
        services.AddSingleton<WorkStore>();
        services.AddStorage(settings);
        services.AddProviders(settings);
        return services.BuildServiceProvider();
    }
}
