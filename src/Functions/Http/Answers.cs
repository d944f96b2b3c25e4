using Freehold.Messaging;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Http;

/// <summary>An HTTP answer with wake-ups for operations.</summary>
public sealed class OperationAnswer(IActionResult answer, string[] messages)
{
    /// <summary>The answer.</summary>
    [HttpResult]
    public IActionResult Answer { get; } = answer;

    /// <summary>The wake-ups.</summary>
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public string[] Messages { get; } = messages;
}

/// <summary>An HTTP answer with wake-ups for documents.</summary>
public sealed class DocumentAnswer(IActionResult answer, WakeUps wakeUps)
{
    /// <summary>The answer.</summary>
    [HttpResult]
    public IActionResult Answer { get; } = answer;

    /// <summary>To be read.</summary>
    [ServiceBusOutput(Queues.Documents, Connection = "ServiceBus")]
    public string[] Documents { get; } = [.. wakeUps.Documents];

    /// <summary>To be embedded.</summary>
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public string[] Embeddings { get; } = [.. wakeUps.Embeddings];
}

/// <summary>Wake-ups for documents alone.</summary>
public sealed class DocumentMessages(WakeUps wakeUps)
{
    /// <summary>To be read.</summary>
    [ServiceBusOutput(Queues.Documents, Connection = "ServiceBus")]
    public string[] Documents { get; } = [.. wakeUps.Documents];

    /// <summary>To be embedded.</summary>
    [ServiceBusOutput(Queues.Embeddings, Connection = "ServiceBus")]
    public string[] Embeddings { get; } = [.. wakeUps.Embeddings];
}
