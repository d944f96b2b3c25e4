using Freehold.Messaging;

namespace Freehold.Ingestion;

/// <summary>
/// Finds documents that nobody is at work on though they are due: a pause is over, a message was lost, a host died, or a sweep noted
/// them.
/// </summary>
public sealed class ResumeDocuments(Turns turns)
{
    // A message may wait this long in a busy queue before it counts as lost.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The messages that wake them.</summary>
    public async Task<WakeUps> RunAsync(CancellationToken cancellationToken)
    {
        await turns.GiveBackLostAsync(Patience, cancellationToken);
        return await turns.TakeAsync(await turns.FindWaitingAsync(cancellationToken), cancellationToken);
    }
}
