using Freehold.Functions.Http;
using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>Operations: how they stand, and what carries them out.</summary>
public sealed class OperationFunctions(
    KeyCheck keys,
    OperationStore operations,
    RunOperation runOperation,
    ResumeOperations resumeOperations,
    HandleTenantCommand handleCommand,
    CatalogPatience patience)
{
    /// <summary><c>GET /operations/{operation}</c></summary>
    [Function("GetOperation")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "operations/{operation}")] HttpRequest request,
        string operation,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            Guid id = Input.Id(operation, () => new OperationNotFoundException());
            Operation found = await operations.FindAsync(id, cancellationToken) ?? throw new OperationNotFoundException();
            return new JsonAnswer<Operation>(StatusCodes.Status200OK, found, ApiJson.Readable.Operation);
        });

    /// <summary>The owner's commands.</summary>
    [Function("TenantCommand")]
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public async Task<string[]> CommandAsync(
        [ServiceBusTrigger(Queues.TenantCommands, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        TenantCommand command = TenantCommand.Parse(message);
        return [OperationDue.For(await patience.RunAsync(token => handleCommand.RunAsync(command, token), cancellationToken))];
    }

    /// <summary>An operation is due.</summary>
    [Function("OperationDue")]
    public Task RunAsync(
        [ServiceBusTrigger(Queues.Operations, Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        runOperation.RunAsync(OperationDue.Parse(message).Operation, cancellationToken);

    /// <summary>Wakes operations that have been forgotten.</summary>
    [Function("ResumeOperations")]
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public async Task<string[]> ResumeAsync([TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        [.. (await resumeOperations.RunAsync(cancellationToken)).Select(OperationDue.For)];
}
