using System.Text.Json;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Certificates;

/// <summary>What there was when erasing began.</summary>
internal sealed record InventoryTaken(DateTimeOffset RequestedAt, ErasedContent Erased);

/// <summary>
/// Counts what a deletion is about to erase, once: a later attempt, which finds less, goes by what the first one noted.
/// </summary>
public sealed class Inventory(
    CatalogDatabase catalog, WorkStore work, DatabaseProviders providers, TenantBlobs blobs, OperationLeases leases)
{
    private const string Member = "inventory";

    /// <summary>What there was.</summary>
    /// <exception cref="LeaseLostException">The lease is lost.</exception>
    internal async Task<InventoryTaken> TakeAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        if (JsonElement.Parse(operation.Details).TryGetProperty(Member, out JsonElement noted))
        {
            return noted.Deserialize(CertificateJson.Readable.InventoryTaken)!;
        }

        InventoryTaken taken = await CountAsync(operation, cancellationToken);
        string details = $$"""{"{{Member}}": {{JsonSerializer.Serialize(taken, CertificateJson.Readable.InventoryTaken)}}}""";
        return await leases.NoteAsync(operation, Member, details, cancellationToken)
            ? taken
            : throw new LeaseLostException();
    }

    private async Task<InventoryTaken> CountAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        OperationTenant tenant = operation.Tenant;
        BlobInventory stored = await blobs.CountAsync(tenant.Id, cancellationToken);
        (long documents, long jobs) = await CountDocumentsAsync(tenant.Uid, cancellationToken);
        await using NpgsqlCommand command = catalog.Command(
                """
                select o.created_at,
                    (select count(*) from catalog.api_keys where tenant_uid = $1),
                    (select count(distinct day) from catalog.usage where tenant_uid = $1),
                    (select coalesce(array_agg(name), '{}') from catalog.database_roles where tenant_uid = $1)
                from catalog.operations o where o.id = $2
                """)
            .With(tenant.Uid).With(operation.Id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        DatabaseInventory found = await providers.Of(tenant.Provider).FindAsync(
            tenant.Database is null ? [] : [tenant.Database],
            [.. reader.GetFieldValue<string[]>(3), .. tenant.Role is null ? Array.Empty<string>() : [tenant.Role]],
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

    private async Task<(long Documents, long Jobs)> CountDocumentsAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work
            .Command("select count(*), count(next_attempt_at) from work.documents where tenant_uid = $1").With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
