using Freehold.Bench.Setup;
using Freehold.Neon.Simulator;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Onboard;

/// <summary>How the tenants ended, and which projects there are that should not be.</summary>
internal sealed record Leftovers(int Active, int Failed, int Unfinished, int SecondOfAName, int Nobodys, string? Reasons)
{
    public static async Task<Leftovers> CountAsync(Installation installation, NeonSimulator neon, CancellationToken cancellationToken)
    {
        string[] projects = [.. neon.Projects.Values];
        string[] owned = await ScalarAsync<string[]>(
            installation,
            "select array_agg(name) from (select database_name from catalog.tenants where state <> 'deleted' union all select database_name from catalog.spare_databases) o (name)",
            cancellationToken) ?? [];
        return new Leftovers(
            await TenantsAsync("state = 'active'"),
            await TenantsAsync("state = 'failed' and failure is not null"),
            await TenantsAsync("state not in ('active', 'failed') or (state = 'failed' and failure is null)"),
            projects.Length - projects.Distinct().Count(),
            projects.Except(owned).Count(),
            await ScalarAsync<string>(
                installation,
                "select string_agg(n || ' × ' || reason, '; ') from (select count(*) n, left(failure, 120) from catalog.tenants where state = 'failed' group by 2) r (n, reason)",
                cancellationToken));

        async Task<int> TenantsAsync(string which) =>
            (int)(await ScalarAsync<long?>(installation, $"select count(*) from catalog.tenants where {which}", cancellationToken))!.Value;
    }

    private static async Task<T?> ScalarAsync<T>(Installation installation, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = installation.Get<CatalogDatabase>().Command(sql);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }
}
