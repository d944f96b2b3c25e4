using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Drops roles whose time is over: replaced ones, and those of calls that died while they made one.</summary>
public sealed class RetireRoles(CatalogDatabase catalog, TenantCredentials credentials)
{
    private const int Most = 100;

    /// <summary>Drops what is due.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select array(select name from catalog.database_roles where retire_at <= now() order by retire_at limit $1)").With(Most);
        foreach (string role in (string[])(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            await credentials.DropAsync(role, cancellationToken);
        }
    }
}
