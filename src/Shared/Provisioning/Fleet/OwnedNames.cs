using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>Whose databases, roles and folders of blobs are, by the catalog.</summary>
public sealed class OwnedNames(CatalogDatabase catalog, Regions regions)
{
    /// <summary>Names of the provider <c>$1</c>, listed in the region <c>$3</c>, that nobody owns in any, with their kind.</summary>
    internal const string UnownedListed =
        $"""
        select kind, name from catalog.listed_names l where provider = $1 and region = $3 and kind = 'database' and {NoDatabase}
        union all
        select kind, name from catalog.listed_names l where provider = $1 and region = $3 and kind = 'role' and {NoRole}
        """;

    private const string UnownedDatabases = $"select name from unnest($1::text[]) l (name) where {NoDatabase}";

    private const string UnownedRoles = $"select name from unnest($1::text[]) l (name) where {NoRole}";

    private const string NoDatabase =
        """
        not exists (select from catalog.tenants t where t.database_name = l.name and t.state <> 'deleted')
            and not exists (select from catalog.spare_databases s where s.database_name = l.name)
            and not exists (select from catalog.moves m where m.database_name = l.name)
        """;

    private const string NoRole =
        """
        not exists (select from catalog.tenants t where t.role_name = l.name and t.state <> 'deleted')
            and not exists (select from catalog.spare_databases s where s.role_name = l.name)
            and not exists (select from catalog.database_roles r where r.name = l.name)
            and not exists (select from catalog.moves m where m.role_name = l.name)
        """;

    /// <summary>Folders of tenants that are deleted. One that never was a tenant's here is not ours to judge.</summary>
    private const string UnownedFolders =
        """
        select n from unnest($1::text[]) n
        where exists (select from catalog.tenants t where t.id = n and t.region = $2) and not exists (
            select from catalog.tenants t where t.id = n and t.region = $2 and t.state <> 'deleted')
            and not exists (
                select from catalog.tenants t join catalog.moves m on m.tenant_uid = t.uid where t.id = n and m.region = $2)
        """;

    /// <summary>Those of the names that nobody owns now.</summary>
    internal Task<IReadOnlyList<string>> FindUnownedAsync(string kind, IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        SelectAsync(
            kind switch
            {
                OrphanKinds.Database => catalog.Command(UnownedDatabases).With(names.ToArray()),
                OrphanKinds.Role => catalog.Command(UnownedRoles).With(names.ToArray()),
                _ => catalog.Command(UnownedFolders).With(names.ToArray()).With(regions.Here),
            },
            cancellationToken);

    /// <summary>Those of the folders that are no tenant's of this region and never were.</summary>
    internal Task<IReadOnlyList<string>> FindUnknownFoldersAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) => SelectAsync(
        catalog.Command("select n from unnest($1::text[]) n where not exists (select from catalog.tenants t where t.id = n and t.region = $2)")
            .With(names.ToArray()).With(regions.Here),
        cancellationToken);

    private static async Task<IReadOnlyList<string>> SelectAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            List<string> selected = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                selected.Add(reader.GetString(0));
            }

            return selected;
        }
    }
}
