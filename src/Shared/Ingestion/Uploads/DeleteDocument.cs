using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Ingestion;

/// <summary>Deletes a document's blob, and notes that its passages are to follow.</summary>
public sealed class DeleteDocument(DocumentBlobs blobs, Manifest manifest, Notes notes)
{
    /// <summary>Deletes a document.</summary>
    /// <returns>Who is to be woken now.</returns>
    /// <exception cref="DocumentNotFoundException">There is neither a blob nor a note of one.</exception>
    /// <exception cref="TenantChangingRegionException">The tenant is about to be in another region.</exception>
    /// <exception cref="PreconditionFailedException">The condition, if one is given, does not hold for the blob that is there.</exception>
    public async Task<WakeUps> RunAsync(
        TenantPlacement tenant, DocumentPath path, BlobCondition? condition, CancellationToken cancellationToken)
    {
        tenant.RequireUnpaused();
        bool deleted = await blobs.DeleteAsync(tenant.Id, path, condition, cancellationToken);
        if (!deleted && await manifest.FindAsync(tenant.Uid, path, cancellationToken) is null)
        {
            throw new DocumentNotFoundException();
        }

        // The blob is gone; a caller who goes away now must not leave that unnoticed until the storage event comes.
        return await notes.NoteRemovalAsync(tenant, path, CancellationToken.None);
    }
}

/// <summary>The tenant has no such document.</summary>
public sealed class DocumentNotFoundException() : RefusalException(
    RefusalKind.NotFound, "document-not-found", "There is no document at this path.");
