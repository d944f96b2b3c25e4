using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Http;

/// <summary>What all calls of the operator have in common that start an operation.</summary>
internal static class OperationCalls
{
    /// <summary>Starts an operation, wakes it unless it is done, and answers with how it stands.</summary>
    public static async Task<OperationAnswer> StartAsync(
        HttpRequest request,
        KeyCheck keys,
        OperationStore operations,
        Func<Caller, Task<StartedOperation>> start,
        CancellationToken cancellationToken)
    {
        string[] messages = [];
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            StartedOperation started = await start(Caller.Admin(request.IdempotencyKey()));
            messages = started.Done ? [] : [OperationDue.For(started.Id)];
            return await operations.AnswerAsync(started.Id, cancellationToken);
        });
        return new OperationAnswer(answer, messages);
    }

    /// <summary>How an operation stands: 202 while it is under way, 200 once it is over, unless the call has a status of its own.</summary>
    public static async Task<IActionResult> AnswerAsync(
        this OperationStore operations, Guid id, CancellationToken cancellationToken, int? ownStatus = null)
    {
        Operation operation = await operations.FindAsync(id, cancellationToken) ?? throw new OperationNotFoundException();
        int status = ownStatus ?? (operation.FinishedAt is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
        return new JsonAnswer<Operation>(status, operation, ApiJson.Readable.Operation) { Location = $"/api/operations/{id}" };
    }
}
