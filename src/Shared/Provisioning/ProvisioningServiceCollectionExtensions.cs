using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Consumption;
using Freehold.Provisioning.Evaluations;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.ModelChange;
using Freehold.Provisioning.Moves;
using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Spares;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Tenants;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning;

/// <summary>Registers the making and removing of tenants.</summary>
public static class ProvisioningServiceCollectionExtensions
{
    /// <summary>Settings: <c>Provisioning</c>, <c>Moves</c>.</summary>
    public static IServiceCollection AddProvisioning(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ProvisioningOptions>().Bind(configuration.GetSection("Provisioning")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProvisioningOptions>, ProvisioningOptionsValidator>();
        services.AddSingleton<InstallationMark>();
        services.AddProviders(configuration);
        services.AddSingleton<ProviderPreparation>();
        services.AddHostedService(provider => provider.GetRequiredService<ProviderPreparation>());
        services.AddSingleton<CertificateSigner>();
        services.AddTransient<DeletionCertificates>();
        services.AddTransient<OperationStore>();
        services.AddTransient<OperationLeases>();
        services.AddTransient<Inventory>();
        services.AddTransient<CreateTenant>();
        services.AddTransient<ChangeTenant>();
        services.AddTransient<DeleteTenant>();
        services.AddTransient<RunOperation>();
        services.AddTransient<ProvisionTenant>();
        services.AddTransient<DeprovisionTenant>();
        services.AddTransient<ApplyTenantState>();
        services.AddTransient<RotateCredentials>();
        services.AddTransient<RotateKeys>();
        services.AddTransient<NextEmbeddings>();
        services.AddTransient<ChangeModel>();
        services.AddTransient<MoveBook>();
        services.AddTransient<MoveTenant>();
        services.AddTransient<SwitchTenant>();
        services.AddTransient<EraseOther>();
        services.AddOptions<MoveOptions>().Bind(configuration.GetSection("Moves")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MoveOptions>, MoveOptionsValidator>();
        services.AddSingleton(provider => new RegionReaches(
            configuration, provider, provider.GetRequiredService<Regions>(), provider.GetRequiredService<IOptions<MoveOptions>>()));
        services.AddTransient<EstimateModelChange>();
        services.AddTransient<PauseOperation>();
        services.AddSingleton<VectorIndex>();
        services.AddTransient<IndexView>();
        services.AddTransient<BuildIndex>();
        services.AddTransient<OrderIndexes>();
        services.AddTransient<StartEvaluation>();
        services.AddTransient<CarryOutEvaluation>();
        services.AddTransient<ReadEvaluations>();
        services.AddTransient<DeleteEvaluation>();
        services.AddTransient<MigrateTenants>();
        services.AddTransient<RetryOperation>();
        services.AddTransient<TenantCredentials>();
        services.AddTransient<RetireRoles>();
        services.AddTransient<HandleTenantCommand>();
        services.AddTransient<TellOutcome>();
        services.AddTransient<ResumeOperations>();
        services.AddTransient<WarmPool>();
        services.AddTransient<FillWarmPool>();
        services.AddTransient<ListDatabases>();
        services.AddTransient<OwnedNames>();
        services.AddTransient<OrphanBook>();
        services.AddTransient<FindDrift>();
        services.AddTransient<RemoveOrphans>();
        services.AddTransient<Reconcile>();
        services.AddTransient<DescribeFleet>();
        services.AddTransient<PullConsumption>();
        return services;
    }
}
