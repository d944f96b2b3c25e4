using Freehold.Messaging;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;

namespace Freehold.Ingestion;

/// <summary>
/// Sees to a message that was delivered in vain as often as it may be. Its document becomes failed, so that its owner sees it and can
/// have it tried again; a deletion is noted again, since a removal is never given up. A malformed message stands in the audit.
/// </summary>
public sealed class BuryMessage(FindDocument findDocument, NoteDocument noteDocument, Notes notes, AuditLog audit, ILogger<BuryMessage> logger)
{
    private const string Reason =
        "The message that was to have the document read was delivered several times in vain: a server was away for long, or this program failed. Try it again.";

    /// <summary>Sees to a message of a dead-letter queue.</summary>
    /// <param name="queue">The queue that it comes from: one of <see cref="Queues"/>' dead ones.</param>
    /// <param name="message">As it stands there.</param>
    /// <param name="cancellationToken">It stays there.</param>
    /// <returns>Who is to be woken now.</returns>
    public async Task<WakeUps> RunAsync(string queue, string message, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindAsync(queue, message, cancellationToken) is not { } found)
            {
                return WakeUps.None;
            }

            Log.MessageBuried(logger, queue, found.Tenant.Uid);
            return queue == Queues.DeadBlobDeletions
                ? await noteDocument.RunAsync(found, cancellationToken)
                : await notes.FailAsync(found.Tenant, found.Path, Reason, cancellationToken);
        }
        catch (MalformedMessageException exception)
        {
            Log.MalformedMessageBuried(logger, queue, exception.Message);
            await audit.WriteAsync(Caller.Freehold, "malformed-message", null, null, queue, cancellationToken);
            return WakeUps.None;
        }
    }

    private Task<FoundDocument?> FindAsync(string queue, string message, CancellationToken cancellationToken)
    {
        switch (queue)
        {
            case Queues.DeadBlobDeletions:
                return findDocument.ByEventAsync(BlobDeleted.Parse(message), cancellationToken);
            case Queues.DeadEmbeddings:
                EmbeddingDue embedding = EmbeddingDue.Parse(message);
                return findDocument.ByUidAsync(embedding.TenantUid, embedding.Path, cancellationToken);
            default:
                DocumentChanged document = DocumentChanged.Parse(message);
                return findDocument.ByUidAsync(document.TenantUid, document.Path, cancellationToken);
        }
    }
}
