using Freehold.Functions.Http;
using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Provisioning.Evaluations;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>A tenant's calls about judged questions of its own.</summary>
public sealed class EvaluationFunctions(
    KeyCheck keys, StartEvaluation startEvaluation, ReadEvaluations readEvaluations, DeleteEvaluation deleteEvaluation)
{
    /// <summary><c>POST /tenants/{tenant}/evaluations?wait=SECONDS</c>: 202, or 200 with the report when it is done in time</summary>
    [Function("StartEvaluation")]
    public async Task<OperationAnswer> StartAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/evaluations")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken)
    {
        string[] messages = [];
        IActionResult answer = await Problems.GuardAsync(request, async () =>
        {
            // It writes, and it tells where passages stand, as a search does.
            await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Search, cancellationToken);
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Write, cancellationToken);
            TimeSpan wait = request.Wait();
            EvaluationRequest asked = await request.JsonAsync(ApiJson.Readable.EvaluationRequest, cancellationToken, StartEvaluation.MaxBytes);
            StartedOperation started = await startEvaluation.RunAsync(placement, asked, wait, cancellationToken);
            messages = started.Done ? [] : [OperationDue.For(started.Id)];
            EvaluationStatus evaluation = await readEvaluations.FindAsync(placement, started.Id, cancellationToken);
            int status = started.Done ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
            return new JsonAnswer<EvaluationStatus>(status, evaluation, ApiJson.Readable.EvaluationStatus)
            {
                Location = $"/api/tenants/{tenant}/evaluations/{started.Id}",
            };
        });
        return new OperationAnswer(answer, messages);
    }

    /// <summary><c>GET /tenants/{tenant}/evaluations?cursor&amp;limit</c>, newest first</summary>
    [Function("ListEvaluations")]
    public Task<IActionResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/evaluations")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Read, cancellationToken);
            int limit = request.Limit();
            IReadOnlyList<EvaluationStatus> page = await readEvaluations.ListAsync(placement, request.CursorId(), limit, cancellationToken);
            EvaluationList list = new(page, Input.CursorAfter(page, limit, evaluation => evaluation.Id.ToString()));
            return new JsonAnswer<EvaluationList>(StatusCodes.Status200OK, list, ApiJson.Readable.EvaluationList);
        });

    /// <summary><c>GET /tenants/{tenant}/evaluations/{evaluation}</c></summary>
    [Function("GetEvaluation")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/evaluations/{evaluation}")] HttpRequest request,
        string tenant,
        string evaluation,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Read, cancellationToken);
            Guid id = Input.Id(evaluation, () => new EvaluationNotFoundException());
            EvaluationStatus found = await readEvaluations.FindAsync(placement, id, cancellationToken);
            return new JsonAnswer<EvaluationStatus>(StatusCodes.Status200OK, found, ApiJson.Readable.EvaluationStatus);
        });

    /// <summary><c>DELETE /tenants/{tenant}/evaluations/{evaluation}</c></summary>
    [Function("DeleteEvaluation")]
    public Task<IActionResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "tenants/{tenant}/evaluations/{evaluation}")] HttpRequest request,
        string tenant,
        string evaluation,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Write, cancellationToken);
            Guid id = Input.Id(evaluation, () => new EvaluationNotFoundException());
            await deleteEvaluation.RunAsync(placement, id, cancellationToken);
            return new EmptyAnswer(StatusCodes.Status204NoContent);
        });
}
