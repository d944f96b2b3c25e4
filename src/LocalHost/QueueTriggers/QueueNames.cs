namespace Freehold.LocalHost.QueueTriggers;

/// <summary>Names of storage queues that stand for Service Bus queues.</summary>
internal static class QueueNames
{
    private const string DeadLetterSuffix = "/$DeadLetterQueue";

    public static string PoisonOf(string queue) => queue + "-poison";

    /// <summary>The storage queue behind a Service Bus name; a dead-letter queue is the poison queue of its parent.</summary>
    public static (string Queue, bool IsPoison) Resolve(string serviceBusName) =>
        serviceBusName.EndsWith(DeadLetterSuffix, StringComparison.OrdinalIgnoreCase)
            ? (PoisonOf(serviceBusName[..^DeadLetterSuffix.Length]), true)
            : (serviceBusName, false);
}
