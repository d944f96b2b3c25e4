using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Migration;

/// <summary>Registers migration.</summary>
public static class MigrationServiceCollectionExtensions
{
    /// <summary>Migrates the control database when the host starts.</summary>
    public static IServiceCollection AddMigration(this IServiceCollection services)
    {
        services.AddSingleton<CatalogMigration>();
        services.AddHostedService(provider => provider.GetRequiredService<CatalogMigration>());
        return services;
    }
}
