using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Neon;

/// <summary>Registers the client of Neon's API.</summary>
public static class NeonServiceCollectionExtensions
{
    /// <summary>Settings: <c>Provisioning:Neon</c>. They are looked at when the client is first used.</summary>
    public static IServiceCollection AddNeon(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<NeonOptions>().Bind(configuration.GetSection("Provisioning:Neon"));
        services.AddSingleton<IValidateOptions<NeonOptions>, NeonOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new NeonClient(
            provider.GetRequiredService<IOptions<NeonOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NeonClient>>()));
        return services;
    }
}
