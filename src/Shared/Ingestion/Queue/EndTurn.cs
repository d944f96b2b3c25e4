using Freehold.Messaging;

namespace Freehold.Ingestion;

/// <summary>What follows when a handler is through with a document: its turn passes to the tenant's next.</summary>
public sealed class EndTurn(Turns turns)
{
    /// <summary>Ends a turn.</summary>
    /// <param name="document">Whose turn it was.</param>
    /// <param name="waitsForEmbeddings">Whether it goes on with another wake-up, in the same turn.</param>
    /// <param name="cancellationToken">The timer ends the turn later.</param>
    /// <returns>Who is to be woken now.</returns>
    public async Task<WakeUps> RunAsync(FoundDocument document, bool waitsForEmbeddings, CancellationToken cancellationToken) =>
        waitsForEmbeddings
            ? new WakeUps([], [EmbeddingDue.For(document.Tenant.Uid, document.Path.Value)])
            : await turns.EndAsync(document.Tenant, document.Path, cancellationToken);
}
