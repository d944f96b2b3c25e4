namespace Freehold.Messaging;

/// <summary>Wake-ups to be sent for documents, by queue.</summary>
/// <param name="Documents">Messages for <see cref="Queues.Documents"/>.</param>
/// <param name="Embeddings">Messages for <see cref="Queues.Embeddings"/>.</param>
public sealed record WakeUps(IReadOnlyList<string> Documents, IReadOnlyList<string> Embeddings)
{
    /// <summary>Nobody is to be woken.</summary>
    public static WakeUps None { get; } = new([], []);
}
