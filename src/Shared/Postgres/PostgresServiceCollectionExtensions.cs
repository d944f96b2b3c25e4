using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Postgres;

/// <summary>Registers the way to tenants' databases.</summary>
public static class PostgresServiceCollectionExtensions
{
    /// <summary>Settings: <c>Postgres</c>.</summary>
    public static IServiceCollection AddPostgres(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PostgresOptions>().Bind(configuration.GetSection("Postgres")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PostgresOptions>, PostgresOptionsValidator>();
        services.AddSingleton<TenantDataSources>();
        services.AddHostedService<TenantWatch>();
        return services;
    }
}
