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
    RetryOperation retryOperation,
    PauseOperation pauseOperation,
    RotateKeys rotateKeys,
    TellOutcome tellOutcome,
    RetireRoles retireRoles,
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

    /// <summary><c>GET /operations?state&amp;tenant&amp;cursor&amp;limit</c>, newest first</summary>
    [Function("ListOperations")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "operations")] HttpRequest request, CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            int limit = request.Limit();
            OperationQuery query = new(request.Text("state"), request.Tenant(), request.CursorId(), limit);
            IReadOnlyList<Operation> page = await operations.ListAsync(query, cancellationToken);
            OperationList list = new(page, Input.CursorAfter(page, limit, operation => operation.Id.ToString()));
            return new JsonAnswer<OperationList>(StatusCodes.Status200OK, list, ApiJson.Readable.OperationList);
        });

    /// <summary><c>POST /operations/{operation}/retry</c></summary>
    [Function("RetryOperation")]
    public Task<OperationAnswer> RetryAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "operations/{operation}/retry")] HttpRequest request,
        string operation,
        CancellationToken cancellationToken) =>
        StartAsync(request, caller => retryOperation.RunAsync(
            Input.Id(operation, () => new OperationNotFoundException()), caller, cancellationToken), cancellationToken);

    /// <summary><c>POST /operations/{operation}/pause</c></summary>
    [Function("PauseOperation")]
    public Task<IActionResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "operations/{operation}/pause")] HttpRequest request,
        string operation,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            Guid id = Input.Id(operation, () => new OperationNotFoundException());
            await pauseOperation.RunAsync(id, Caller.Admin(), cancellationToken);
            return await operations.AnswerAsync(id, cancellationToken, StatusCodes.Status200OK);
        });

    /// <summary><c>POST /operations/{operation}/resume</c></summary>
    [Function("ResumeOperation")]
    public Task<OperationAnswer> ResumeOneAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "operations/{operation}/resume")] HttpRequest request,
        string operation,
        CancellationToken cancellationToken) =>
        StartAsync(
            request,
            async caller =>
            {
                Guid id = Input.Id(operation, () => new OperationNotFoundException());
                await pauseOperation.ResumeAsync(id, caller, cancellationToken);
                return id;
            },
            cancellationToken);

    /// <summary><c>POST /tenants/{tenant}/retry</c></summary>
    [Function("RetryTenant")]
    public Task<OperationAnswer> RetryTenantAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/retry")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        StartAsync(request, caller => retryOperation.RunAsync(TenantId.Parse(tenant), caller, cancellationToken), cancellationToken);

    /// <summary><c>POST /fleet/key-rotations</c></summary>
    [Function("RotateKeys")]
    public Task<OperationAnswer> RotateKeysAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "fleet/key-rotations")] HttpRequest request,
        CancellationToken cancellationToken) =>
        StartAsync(request, caller => rotateKeys.StartAsync(caller, cancellationToken), cancellationToken);

    /// <summary>The owner's commands.</summary>
    [Function("TenantCommand")]
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public async Task<string[]> CommandAsync(
        [ServiceBusTrigger(Queues.TenantCommands, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        Guid operation = await patience.RunAsync(token => handleCommand.RunAsync(message, token), cancellationToken);
        return [OperationDue.For(operation)];
    }

    /// <summary>An operation is due, or its outcome is to be told.</summary>
    [Function("OperationDue")]
    public async Task<OperationMessages> RunAsync(
        [ServiceBusTrigger(Queues.Operations, Connection = "ServiceBus")] string message, CancellationToken cancellationToken)
    {
        Guid operation = OperationDue.Parse(message).Operation;
        bool goesOn = await runOperation.RunAsync(operation, cancellationToken);
        return new OperationMessages(goesOn ? [message] : [], [.. await tellOutcome.RunAsync(operation, cancellationToken)]);
    }

    /// <summary>Wakes operations that have been forgotten.</summary>
    [Function("ResumeOperations")]
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public async Task<string[]> ResumeAsync([TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        [.. (await resumeOperations.RunAsync(cancellationToken)).Select(OperationDue.For)];

    /// <summary>Drops roles of tenants' databases whose time is over.</summary>
    [Function("RetireRoles")]
    public Task RetireRolesAsync([TimerTrigger("30 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        retireRoles.RunAsync(cancellationToken);

    private Task<OperationAnswer> StartAsync(HttpRequest request, Func<Caller, Task<Guid>> start, CancellationToken cancellationToken) =>
        OperationCalls.StartAsync(
            request, keys, operations, async caller => new StartedOperation(await start(caller), Done: false), cancellationToken);
}

/// <summary>What follows when an operation was carried out, or a turn of it.</summary>
public sealed class OperationMessages(string[] operations, string[] replies)
{
    /// <summary>To go on.</summary>
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public string[] Operations { get; } = operations;

    /// <summary>To whoever waits for the outcome.</summary>
    [ServiceBusOutput(Queues.TenantReplies, Connection = "ServiceBus")]
    public string[] Replies { get; } = replies;
}
