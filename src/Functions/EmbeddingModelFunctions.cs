using Freehold.Functions.Http;
using Freehold.Provisioning;
using Freehold.Provisioning.ModelChange;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The operator's calls about the model that a tenant's passages are embedded with.</summary>
public sealed class EmbeddingModelFunctions(
    KeyCheck keys, EstimateModelChange estimate, ChangeTenant changeTenant, OperationStore operations)
{
    /// <summary><c>GET /tenants/{tenant}/embedding-model?to</c>: which it is, and what changing it would take</summary>
    [Function("GetEmbeddingModel")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/embedding-model")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            ModelChangeEstimate answer = await estimate.RunAsync(TenantId.Parse(tenant), request.Text("to"), cancellationToken);
            return new JsonAnswer<ModelChangeEstimate>(StatusCodes.Status200OK, answer, ApiJson.Readable.ModelChangeEstimate);
        });

    /// <summary><c>POST /tenants/{tenant}/embedding-model</c> with <c>model</c></summary>
    [Function("ChangeEmbeddingModel")]
    public Task<OperationAnswer> ChangeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/embedding-model")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) => OperationCalls.StartAsync(
        request,
        keys,
        operations,
        async caller =>
        {
            NewEmbeddingModel wanted = await request.JsonAsync(ApiJson.Readable.NewEmbeddingModel, cancellationToken);
            return await changeTenant.RunAsync(
                TenantId.Parse(tenant), estimate.ChangeTo(wanted.Model), caller, request.Wait(), cancellationToken);
        },
        cancellationToken);
}
