using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Ingestion;

/// <summary>Which failed documents are to be tried again: the one at a path, or all.</summary>
public sealed record DocumentRetry(string? Path = null, bool All = false);

/// <summary>How many documents are tried again, and who is woken for them now; the others follow.</summary>
public sealed record RetriedDocuments(int Count, WakeUps WakeUps);

/// <summary>Tries failed documents again, from the beginning.</summary>
public sealed class RetryDocuments(Notes notes, Manifest manifest)
{
    /// <summary>Queues them.</summary>
    /// <exception cref="RefusalException">Neither or both are asked for; there is no such document; it has not failed.</exception>
    public async Task<RetriedDocuments> RunAsync(TenantPlacement tenant, DocumentRetry asked, CancellationToken cancellationToken)
    {
        if (asked.All == (asked.Path is not null))
        {
            throw new InvalidInputException("invalid-retry", "Say which: {\"path\": \"...\"} for one document, {\"all\": true} for all that have failed.");
        }

        DocumentPath? path = asked.All ? null : DocumentPath.Parse(asked.Path);
        (int count, WakeUps wakeUps) = await notes.RetryAsync(tenant, path, cancellationToken);
        if (count == 0 && path is { } one)
        {
            throw await manifest.FindAsync(tenant.Uid, one, cancellationToken) is null
                ? new DocumentNotFoundException()
                : new DocumentNotFailedException();
        }

        return new RetriedDocuments(count, wakeUps);
    }
}

/// <summary>Only what has failed can be tried again.</summary>
public sealed class DocumentNotFailedException() : RefusalException(
    RefusalKind.Conflict, "document-not-failed", "Only a document that has failed can be tried again. To have it read anew, upload it again.");
