using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Drops roles whose time is over: replaced ones, and those of calls that died while they made one.</summary>
public sealed class RetireRoles(
    CatalogDatabase catalog,
    DatabaseProviders providers,
    TenantCredentials credentials,
    Regions regions,
    IOptions<ProvisioningOptions> options,
    ILogger<RetireRoles> logger)
{
    private const int Most = 100;

    /// <summary>Drops what is due and is not being dropped by another host. One that cannot be dropped comes up again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach ((string provider, string? database, string role) in await TakeAsync(cancellationToken))
        {
            try
            {
                await credentials.DropAsync(providers.Of(provider).Roles, database, role, cancellationToken);
            }
            catch (Exception exception) when (ProviderFailures.Is(exception))
            {
                Log.RoleNotDropped(logger, role, exception);
            }
        }
    }

    // Where roles are in the database, nobody gets in to drop them before it is opened, and then who opens it does.
    private async Task<IReadOnlyList<(string Provider, string? Database, string Role)>> TakeAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with taken as (
                    update catalog.database_roles set retire_at = now() + $1
                    where name in (
                        select r.name from catalog.database_roles r join catalog.tenants t on t.uid = r.tenant_uid
                        where r.retire_at <= now() and t.region = $3
                            and (t.provider <> all ($4) or (t.state not in ('suspended', 'deleting') and not exists (
                                select from catalog.operations o
                                where o.tenant_uid = t.uid and o.kind in ('resume', 'undelete') and o.state in ('queued', 'running'))))
                        order by r.retire_at limit $2 for update of r skip locked)
                    returning tenant_uid, name)
                select t.provider, t.database_name, r.name from taken r join catalog.tenants t on t.uid = r.tenant_uid
                """)
            .With(options.Value.Lease).With(Most).With(regions.Here)
            .With(providers.All.Where(provider => !provider.ListsRoles).Select(provider => provider.Name).ToArray());
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string, string?, string)> due = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add((reader.GetString(0), reader.Optional<string>(1), reader.GetString(2)));
        }

        return due;
    }
}
