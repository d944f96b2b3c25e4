using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Usage;

/// <summary>Registers the counting and limiting of what tenants use.</summary>
public static class UsageServiceCollectionExtensions
{
    /// <summary>Settings: <c>Usage</c>.</summary>
    public static IServiceCollection AddUsage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<UsageOptions>().Bind(configuration.GetSection("Usage")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<UsageOptions>, UsageOptionsValidator>();
        services.AddSingleton<Meter>();
        services.AddSingleton<UsageStore>();
        services.AddSingleton<UsageFlush>();
        services.AddHostedService(provider => provider.GetRequiredService<UsageFlush>());
        services.AddSingleton<TenantTotals>();
        services.AddSingleton<EmbeddedTokens>();
        services.AddSingleton<AwakeTime>();
        services.AddSingleton<QueryLimits>();
        services.AddTransient<ReadUsage>();
        return services;
    }
}
