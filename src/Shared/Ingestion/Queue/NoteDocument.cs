using Freehold.Messaging;
using Freehold.Storage;

namespace Freehold.Ingestion;

/// <summary>
/// Notes what storage holds at a path, when an event says that something has changed there. The work itself waits for its turn, so an
/// event costs the same however much its tenant has sent.
/// </summary>
public sealed class NoteDocument(DocumentBlobs blobs, Notes notes)
{
    /// <summary>Looks at one path.</summary>
    /// <returns>Who is to be woken now.</returns>
    public async Task<WakeUps> RunAsync(FoundDocument document, CancellationToken cancellationToken) =>
        await blobs.FindAsync(document.Tenant.Id, document.Path, cancellationToken) is { } version
            ? await notes.NoteAsync(document.Tenant, document.Path, version, cancellationToken)
            : await notes.NoteRemovalAsync(document.Tenant, document.Path, cancellationToken);
}
