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
        foreach ((string? database, string role) in await FindAsync(cancellationToken))
        {
            await credentials.DropAsync(database, role, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<(string? Database, string Role)>> FindAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select t.database_name, r.name from catalog.database_roles r join catalog.tenants t on t.uid = r.tenant_uid
                where r.retire_at <= now() order by r.retire_at limit $1
                """)
            .With(Most);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string?, string)> due = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add((reader.Optional<string>(0), reader.GetString(1)));
        }

        return due;
    }
}
