using Freehold.Messaging;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>
/// Finds documents that nobody is at work on though they are due: a pause is over, a message was lost, a host died, or a sweep noted
/// them.
/// </summary>
public sealed class ResumeDocuments(Turns turns, IOptions<IngestionOptions> options)
{
    /// <summary>The messages that wake them.</summary>
    public async Task<WakeUps> RunAsync(CancellationToken cancellationToken)
    {
        await turns.GiveBackLostAsync(options.Value.WakeUpPatience, cancellationToken);
        return await turns.TakeAsync(await turns.FindWaitingAsync(cancellationToken), cancellationToken);
    }
}
