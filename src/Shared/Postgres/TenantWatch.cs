using Freehold.Tenants;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Postgres;

/// <summary>
/// Closes connections that this host still holds to tenants that another host has suspended, deleted or given a new role. One question
/// to the catalog every few seconds, and none while no tenant has connections here.
/// </summary>
internal sealed class TenantWatch(
    TenantDataSources dataSources, TenantCatalog tenants, IOptions<TenantsOptions> options, TimeProvider time, ILogger<TenantWatch> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(options.Value.KeyCacheLifetime, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.CatalogUnavailable(logger, exception);
            }
        }
    }

    /// <summary>Looks once.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<Guid, string> open = dataSources.Roles();
        if (open.Count == 0)
        {
            return;
        }

        IReadOnlyDictionary<Guid, string> serving = await tenants.FindRolesAsync([.. open.Keys], cancellationToken);
        foreach ((Guid tenant, string role) in open)
        {
            if (serving.GetValueOrDefault(tenant) != role)
            {
                dataSources.Close(tenant);
            }
        }
    }
}
