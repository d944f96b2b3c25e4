using Freehold.Messaging;

namespace Freehold.Ingestion;

/// <summary>Wake-ups for documents that have been forgotten, by queue.</summary>
public sealed record ForgottenDocuments(IReadOnlyList<string> Documents, IReadOnlyList<string> Embeddings);

/// <summary>Finds documents that nobody is at work on though they are due: a pause is over, a message was lost, or a host died.</summary>
public sealed class ResumeDocuments(Manifest manifest)
{
    // A message may wait this long in a busy queue before it counts as lost.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private const int Most = 1_000;

    /// <summary>The messages that wake them.</summary>
    public async Task<ForgottenDocuments> RunAsync(CancellationToken cancellationToken)
    {
        var forgotten = await manifest.TakeForgottenAsync(Patience, Most, cancellationToken);
        return new ForgottenDocuments(
            [.. forgotten.Where(d => d.State != DocumentStates.Embedding).Select(d => DocumentChanged.For(d.TenantUid, d.Path))],
            [.. forgotten.Where(d => d.State == DocumentStates.Embedding).Select(d => EmbeddingDue.For(d.TenantUid, d.Path))]);
    }
}
