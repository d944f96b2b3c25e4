using Freehold.Functions.Http;
using Freehold.Messaging;
using Freehold.Provisioning;
using Freehold.Provisioning.Consumption;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Spares;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>The installation as a whole: how it stands, its warm pool, and its comparison with what there is.</summary>
public sealed class FleetFunctions(
    KeyCheck keys, DescribeFleet describeFleet, FillWarmPool fillWarmPool, MigrateTenants migrateTenants, OrderIndexes orderIndexes, Reconcile reconcile,
    PullConsumption pullConsumption)
{
    /// <summary><c>GET /fleet</c></summary>
    [Function("GetFleet")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "fleet")] HttpRequest request, CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            FleetOverview overview = await describeFleet.RunAsync(cancellationToken);
            return new JsonAnswer<FleetOverview>(StatusCodes.Status200OK, overview, ApiJson.Readable.FleetOverview);
        });

    /// <summary><c>POST /fleet/reconciliations</c></summary>
    [Function("ReconcileNow")]
    public Task<IActionResult> ReconcileNowAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "fleet/reconciliations")] HttpRequest request,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            ReconciliationReport report = await reconcile.RunAsync(cancellationToken) ?? throw new ReconciliationRunningException();
            return new JsonAnswer<ReconciliationReport>(StatusCodes.Status200OK, report, ApiJson.Readable.ReconciliationReport);
        });

    /// <summary>Makes what the warm pool lacks.</summary>
    [Function("FillWarmPool")]
    public Task FillAsync([TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        fillWarmPool.RunAsync(cancellationToken);

    /// <summary>Brings tenants' databases to this program's schema.</summary>
    [Function("MigrateTenants")]
    public Task MigrateAsync([TimerTrigger("*/10 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        migrateTenants.RunAsync(cancellationToken);

    /// <summary>Has indexes built for tenants that have grown large.</summary>
    [Function("OrderIndexes")]
    [ServiceBusOutput(Queues.Operations, Connection = "ServiceBus")]
    public async Task<string[]> OrderIndexesAsync([TimerTrigger("40 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        [.. (await orderIndexes.RunAsync(cancellationToken)).Select(OperationDue.For)];

    /// <summary>Compares what there is with the catalog.</summary>
    [Function("Reconcile")]
    public Task ReconcileAsync([TimerTrigger("0 */10 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        reconcile.RunAsync(cancellationToken);

    /// <summary>What providers have counted of tenants' databases. A round begins every quarter of an hour; a long one goes on at each turn.</summary>
    [Function("PullConsumption")]
    public Task PullConsumptionAsync([TimerTrigger("50 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        pullConsumption.RunAsync(cancellationToken);
}
