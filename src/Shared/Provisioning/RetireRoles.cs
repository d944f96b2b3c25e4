using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Drops roles whose time is over: replaced ones, and those of calls that died while they made one.</summary>
public sealed class RetireRoles(CatalogDatabase catalog, TenantCredentials credentials, IOptions<ProvisioningOptions> options)
{
    private const int Most = 100;

    /// <summary>Drops what is due, and is not being dropped by another host.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with taken as (
                    update catalog.database_roles set retire_at = now() + $1
                    where name in (
                        select name from catalog.database_roles where retire_at <= now() order by retire_at limit $2 for update skip locked)
                    returning name)
                select coalesce(array_agg(name), '{}') from taken
                """)
            .With(options.Value.Lease).With(Most);
        foreach (string role in (string[])(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            await credentials.DropAsync(role, cancellationToken);
        }
    }
}
