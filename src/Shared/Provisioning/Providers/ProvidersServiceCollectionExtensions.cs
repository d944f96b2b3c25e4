using Freehold.Ai;
using Freehold.Neon;
using Freehold.Postgres;
using Freehold.Provisioning.Providers.Neon;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Providers;

/// <summary>Registers the providers of tenants' databases that there are settings for.</summary>
internal static class ProvidersServiceCollectionExtensions
{
    private const string PostgresSection = "Provisioning:Postgres";
    private const string NeonSection = "Provisioning:Neon";

    /// <summary>Settings: <c>Provisioning:Postgres</c>, <c>Provisioning:Neon</c>.</summary>
    public static void AddProviders(this IServiceCollection services, IConfiguration configuration)
    {
        List<string> names = [];
        if (configuration.GetSection(PostgresSection).Exists())
        {
            names.Add(ProviderNames.Postgres);
            services.AddSingleton(provider => Postgres(
                provider,
                new PostgresSite(
                    ProviderNames.Postgres,
                    Options<ProvisioningOptions>(provider).Postgres!.ConnectionString,
                    Options<ProvisioningOptions>(provider).OwnCredentials)));
            services.AddSingleton<IDatabaseProvider>(provider => provider.GetRequiredService<PostgresProvider>());
        }

        if (configuration.GetSection(NeonSection).Exists())
        {
            names.Add(ProviderNames.Neon);
            AddNeonProjects(services, configuration);
            if (configuration.GetSection(NeonSection)[nameof(NeonTenancyOptions.SharedConnectionString)] is { Length: > 0 } shared)
            {
                AddSharedProject(services, shared);
            }
        }

        services.AddOptions<ProvisioningOptions>().Validate(
            options => names.Contains(options.Provider), "Provisioning:Provider names a provider that there are no settings for.");
        services.AddSingleton(provider => new DatabaseProviders(
            provider.GetServices<IDatabaseProvider>(),
            Options<ProvisioningOptions>(provider).Provider,
            SharedPlans(provider)));
    }

    private static void AddNeonProjects(IServiceCollection services, IConfiguration configuration)
    {
        services.AddNeon(configuration);
        services.AddOptions<NeonOptions>().ValidateOnStart();
        services.AddOptions<NeonTenancyOptions>().Bind(configuration.GetSection(NeonSection))
            .Validate<IOptions<NeonOptions>>(
                (tenancy, neon) => tenancy.Plans.All(plan => plan.SizesFit(neon.Value)),
                "Provisioning:Neon:Plans: MinComputeUnits is at most MaxComputeUnits, also where one of them is that of all projects.")
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<NeonTenancyOptions>, NeonTenancyOptionsValidator>();
        services.AddSingleton<NeonPlaces>();
        services.AddSingleton<NeonProjects>();
        services.AddSingleton<NeonEntrance>();
        services.AddSingleton<NeonCompute>();
        services.AddSingleton<NeonConsumptionReader>();
        services.AddSingleton<NeonProvider>();
        services.AddSingleton<IDatabaseProvider>(provider => provider.GetRequiredService<NeonProvider>());
        services.AddSingleton(provider => new TenantRoute(
            ProviderNames.Neon, Options<NeonOptions>(provider).SslMode, Options<NeonTenancyOptions>(provider).ConnectTimeout)
        {
            SleepsAfter = plan => Options<NeonTenancyOptions>(provider).PlanOf(plan).SleepsAfter(Options<NeonOptions>(provider)),
            IdleTimeout = Options<NeonTenancyOptions>(provider).IdleTimeout,
        });
    }

    /// <summary>Databases in one project of Neon's are made as on a server of ours.</summary>
    private static void AddSharedProject(IServiceCollection services, string connectionString)
    {
        services.AddSingleton<IDatabaseProvider>(provider => Postgres(
            provider,
            new PostgresSite(
                ProviderNames.NeonShared,
                connectionString,
                new OwnCredentialOptions
                {
                    SslMode = Options<NeonOptions>(provider).SslMode == SslMode.Disable ? "disable" : "require",
                    StatementTimeout = Options<ProvisioningOptions>(provider).OwnCredentials.StatementTimeout,
                })
            {
                ClearPasswords = true,
                History = Options<NeonOptions>(provider).HistoryRetention,
            }));
        services.AddSingleton(provider => new TenantRoute(
            ProviderNames.NeonShared,
            Options<NeonOptions>(provider).SslMode,
            Options<NeonTenancyOptions>(provider).ConnectTimeout,
            Options<NeonTenancyOptions>(provider).SharedPoolerHost));
    }

    private static PostgresProvider Postgres(IServiceProvider provider, PostgresSite site) => new(
        site,
        provider.GetRequiredService<EmbeddingModels>(),
        provider.GetRequiredService<TimeProvider>());

    private static Dictionary<string, string> SharedPlans(IServiceProvider provider) =>
        provider.GetService<NeonProvider>() is null
            ? []
            : Options<NeonTenancyOptions>(provider).SharedPlans.Distinct().ToDictionary(plan => plan, _ => ProviderNames.NeonShared);

    private static T Options<T>(IServiceProvider provider)
        where T : class => provider.GetRequiredService<IOptions<T>>().Value;
}
