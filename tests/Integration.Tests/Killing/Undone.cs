using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Killing;

/// <summary>What a restarted host has still to do.</summary>
internal static class Undone
{
    public static async Task<long> CountAsync(CatalogDatabase catalog)
    {
        await using NpgsqlCommand command = catalog.Command(
            """
            select (select count(*) from catalog.operations where state in ('queued', 'running'))
                + (select count(*) from catalog.database_roles where retire_at is not null)
                + (select count(*) from catalog.spare_databases where state <> 'ready')
            """);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
