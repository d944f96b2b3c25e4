using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Postgres;

/// <summary>Registers the way to tenants' databases.</summary>
public static class PostgresServiceCollectionExtensions
{
    /// <summary>Settings: <c>Postgres</c>, and of <c>Retrieval</c> those of <see cref="ApproximationOptions"/>.</summary>
    public static IServiceCollection AddPostgres(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PostgresOptions>().Bind(configuration.GetSection("Postgres")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PostgresOptions>, PostgresOptionsValidator>();
        services.AddOptions<ApproximationOptions>().Bind(configuration.GetSection("Retrieval")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ApproximationOptions>, ApproximationOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<PostgresOptions>>().Value.Route);
        services.AddSingleton<Wakes>();
        services.AddSingleton<TenantRoutes>();
        services.AddSingleton<TenantDataSources>();
        services.AddHostedService<TenantWatch>();
        return services;
    }
}
