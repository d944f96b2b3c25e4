using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>Registers tenants, their keys, the control database and the work store.</summary>
public static class TenantsServiceCollectionExtensions
{
    /// <summary>Settings: <c>Tenants</c>, <c>Catalog</c>, <c>WorkStore</c>, <c>Region</c>, <c>Regions</c>.</summary>
    public static IServiceCollection AddTenants(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TenantsOptions>().Bind(configuration.GetSection("Tenants")).ValidateOnStart();
        services.AddOptions<CatalogOptions>().Bind(configuration.GetSection("Catalog")).ValidateOnStart();
        services.AddOptions<WorkStoreOptions>().Bind(configuration.GetSection("WorkStore")).ValidateOnStart();
        services.AddOptions<RegionsOptions>().Bind(configuration).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RegionsOptions>, RegionsOptionsValidator>();
        services.AddSingleton<IValidateOptions<TenantsOptions>, TenantsOptionsValidator>();
        services.AddSingleton<IValidateOptions<CatalogOptions>, CatalogOptionsValidator>();
        services.AddSingleton<IValidateOptions<WorkStoreOptions>, WorkStoreOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CatalogDatabase>();
        services.AddSingleton<WorkStore>();
        services.AddSingleton<TenantCatalog>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<Regions>();
        services.AddSingleton<Plans>();
        services.AddSingleton<KeyUse>();
        services.AddSingleton<KeyCheck>();
        services.AddSingleton<CredentialCipher>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<CatalogPatience>();
        services.AddTransient<ApiKeys>();
        return services;
    }
}
