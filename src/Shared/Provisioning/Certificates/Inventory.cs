using System.Text.Json;
using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Certificates;

/// <summary>What there was when erasing began.</summary>
internal sealed record InventoryTaken(DateTimeOffset RequestedAt, ErasedContent Erased);

/// <summary>What is to be counted of a tenant.</summary>
/// <param name="Reach">The region that holds it.</param>
/// <param name="Provider">The provider of the database there.</param>
/// <param name="Database">The database; null where there is none.</param>
/// <param name="Role">Its role; null where there is none.</param>
/// <param name="WithCatalog">Whether what the catalog holds of the tenant is erased with it.</param>
internal sealed record Holding(RegionReach Reach, string Provider, string? Database, string? Role, bool WithCatalog);

/// <summary>
/// Counts what is about to be erased, once: a later attempt, which finds less, goes by what the first one noted.
/// </summary>
public sealed class Inventory(CatalogDatabase catalog, RegionReaches reaches, Regions regions, OperationLeases leases)
{
    private const string Member = "inventory";

    /// <summary>What there was of the tenant that a deletion erases.</summary>
    /// <exception cref="LeaseLostException">The lease is lost.</exception>
    internal async Task<InventoryTaken> TakeAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        if (JsonElement.Parse(operation.Details).TryGetProperty(Member, out JsonElement noted))
        {
            return noted.Deserialize(CertificateJson.Readable.InventoryTaken)!;
        }

        OperationTenant tenant = operation.Tenant;
        Holding holding = new(reaches.Of(regions.Here), tenant.Provider, tenant.Database, tenant.Role, WithCatalog: true);
        InventoryTaken taken = await CountAsync(operation.Id, tenant.Uid, tenant.Id, holding, cancellationToken);
        string details = $$"""{"{{Member}}": {{JsonSerializer.Serialize(taken, CertificateJson.Readable.InventoryTaken)}}}""";
        return await leases.NoteAsync(operation, Member, details, cancellationToken)
            ? taken
            : throw new LeaseLostException();
    }

    /// <summary>What there is, asked for by an operation.</summary>
    internal async Task<InventoryTaken> CountAsync(
        Guid operation, Guid tenantUid, TenantId tenant, Holding holding, CancellationToken cancellationToken)
    {
        BlobInventory stored = await holding.Reach.Blobs.CountAsync(tenant, cancellationToken);
        (long documents, long jobs) = await CountDocumentsAsync(holding.Reach.Work, tenantUid, cancellationToken);
        await using NpgsqlCommand command = catalog.Command(
                """
                select o.created_at,
                    (select count(*) from catalog.api_keys where tenant_uid = $1 and $3),
                    (select count(distinct day) from catalog.usage where tenant_uid = $1 and $3),
                    (select coalesce(array_agg(name), '{}') from catalog.database_roles where tenant_uid = $1)
                from catalog.operations o where o.id = $2
                """)
            .With(tenantUid).With(operation).With(holding.WithCatalog);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        DatabaseInventory found = await holding.Reach.Providers.Of(holding.Provider).FindAsync(
            holding.Database is null ? [] : [holding.Database],
            [.. reader.GetFieldValue<string[]>(3), .. holding.Role is null ? Array.Empty<string>() : [holding.Role]],
            cancellationToken);
        return new InventoryTaken(
            reader.GetFieldValue<DateTimeOffset>(0),
            new ErasedContent(
                Documents: documents,
                stored.Blobs,
                stored.Versions,
                stored.Snapshots,
                stored.Uncommitted,
                stored.Bytes,
                found.Databases.Count,
                found.Roles.Count,
                Keys: (int)reader.GetInt64(1),
                Jobs: (int)jobs,
                UsageDays: (int)reader.GetInt64(2)));
    }

    private static async Task<(long Documents, long Jobs)> CountDocumentsAsync(WorkStore work, Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work
            .Command("select count(*), count(next_attempt_at) from work.documents where tenant_uid = $1").With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
