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
public sealed class DocumentAnswer(IActionResult answer, string[] messages)
{
    /// <summary>The answer.</summary>
    [HttpResult]
    public IActionResult Answer { get; } = answer;

    /// <summary>The wake-ups.</summary>
    [ServiceBusOutput(Queues.Documents, Connection = "ServiceBus")]
    public string[] Messages { get; } = messages;
}
