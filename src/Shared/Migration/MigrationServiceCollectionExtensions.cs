using Freehold.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Migration;

/// <summary>Registers migration.</summary>
public static class MigrationServiceCollectionExtensions
{
    /// <summary>Migrates the control database when the host starts, and says which schema tenants' databases need.</summary>
    public static IServiceCollection AddMigration(this IServiceCollection services)
    {
        services.AddSingleton(new TenantSchema(MigrationScripts.TenantVersion));
        services.AddSingleton<CatalogMigration>();
        services.AddHostedService(provider => provider.GetRequiredService<CatalogMigration>());
        return services;
    }
}
