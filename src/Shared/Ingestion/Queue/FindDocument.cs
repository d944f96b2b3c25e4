using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;

namespace Freehold.Ingestion;

/// <summary>A path of a tenant that is there.</summary>
public sealed record FoundDocument(TenantPlacement Tenant, DocumentPath Path);

/// <summary>
/// Says whose document an event or a wake-up speaks of. Nobody's, or that of a tenant of another region, is left alone: it is logged, or
/// stands in the audit, unless the tenant is on its way here: then its blobs are being copied.
/// </summary>
public sealed class FindDocument(
    TenantCatalog tenants, TenantDirectory directory, Regions regions, Manifest manifest, AuditLog audit, ILogger<FindDocument> logger)
{
    // https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
    private const string SubjectPrefix = $"/blobServices/default/containers/{DocumentBlobs.Container}/blobs/";

    /// <summary>By the name of a blob that is new or has changed.</summary>
    public async Task<FoundDocument?> ByBlobAsync(string blobName, CancellationToken cancellationToken)
    {
        if (DocumentBlobs.Parse(blobName) is not { } document)
        {
            Log.NobodysBlob(logger);
            return null;
        }

        TenantPlacement? tenant = await FindTenantAsync(document.Tenant, cancellationToken);
        bool isHere = tenant?.Region == regions.Here;
        if ((!isHere && tenant?.NextRegion != regions.Here) || tenant is { State: TenantState.Deleting })
        {
            await audit.WriteAsync(
                Caller.Freehold, "blob-of-no-tenant", document.Tenant, isHere ? tenant!.Uid : null, null, cancellationToken);
        }

        return isHere ? new FoundDocument(tenant!, document.Path) : null;
    }

    /// <summary>By a storage event.</summary>
    public Task<FoundDocument?> ByEventAsync(BlobDeleted deleted, CancellationToken cancellationToken) =>
        deleted.Subject?.StartsWith(SubjectPrefix, StringComparison.Ordinal) == true
            ? FindAsync(deleted.Subject[SubjectPrefix.Length..], cancellationToken)
            : throw new MalformedMessageException("The event's subject is not a blob of the documents container.");

    /// <summary>By the tenant's uid.</summary>
    public async Task<FoundDocument?> ByUidAsync(Guid tenantUid, string path, CancellationToken cancellationToken)
    {
        if (!DocumentPath.TryParse(path, out DocumentPath checkedPath))
        {
            throw new MalformedMessageException("The message's path is not a document's path.");
        }

        TenantPlacement? tenant = await directory.FindAsync(tenantUid, cancellationToken);
        if (tenant is null or { State: TenantState.Deleted })
        {
            // What an attempt wrote that was under way while its tenant was erased.
            await manifest.ForgetTenantAsync(tenantUid, cancellationToken);
            return null;
        }

        return tenant.Region == regions.Here ? new FoundDocument(tenant, checkedPath) : null;
    }

    private async Task<FoundDocument?> FindAsync(string blobName, CancellationToken cancellationToken)
    {
        if (DocumentBlobs.Parse(blobName) is not { } document)
        {
            Log.NobodysBlob(logger);
            return null;
        }

        return await FindTenantAsync(document.Tenant, cancellationToken) is { } tenant && tenant.Region == regions.Here
            ? new FoundDocument(tenant, document.Path)
            : null;
    }

    // Never from memory: a name may have been given to another tenant meanwhile.
    private Task<TenantPlacement?> FindTenantAsync(TenantId id, CancellationToken cancellationToken) => tenants.FindPlacementAsync(id, cancellationToken);
}
