using Freehold.Messaging;
using Freehold.Provisioning;
using Microsoft.AspNetCore.Http;
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

/// <summary>How an operation stands: 202 while it is under way, 200 once it is over.</summary>
internal static class OperationJson
{
    public static async Task<IActionResult> AnswerAsync(
        OperationStore operations, Guid id, CancellationToken cancellationToken, int? alwaysStatus = null)
    {
        Operation operation = await operations.FindAsync(id, cancellationToken) ?? throw new OperationNotFoundException();
        int status = alwaysStatus ?? (operation.FinishedAt is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
        return new JsonAnswer<Operation>(status, operation, ApiJson.Readable.Operation) { Location = $"/api/operations/{id}" };
    }
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
