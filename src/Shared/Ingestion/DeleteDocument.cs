using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Ingestion;

/// <summary>Deletes a document's blob. Its passages follow when its path is looked at.</summary>
public sealed class DeleteDocument(DocumentBlobs blobs, Manifest manifest)
{
    /// <summary>Deletes a document.</summary>
    /// <exception cref="DocumentNotFoundException">There is neither a blob nor a note of one.</exception>
    /// <exception cref="PreconditionFailedException">The condition, if one is given, does not hold for the blob that is there.</exception>
    public async Task RunAsync(TenantPlacement tenant, DocumentPath path, BlobCondition? condition, CancellationToken cancellationToken)
    {
        bool deleted = await blobs.DeleteAsync(tenant.Id, path, condition, cancellationToken);
        if (!deleted && await manifest.FindAsync(tenant.Uid, path, cancellationToken) is null)
        {
            throw new DocumentNotFoundException();
        }
    }
}

/// <summary>The tenant has no such document.</summary>
public sealed class DocumentNotFoundException() : RefusalException(
    RefusalKind.NotFound, "document-not-found", "There is no document at this path.");
