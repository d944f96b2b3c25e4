using System.Diagnostics.CodeAnalysis;
using Freehold.Functions.Http;
using Freehold.Migration;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>Whether this host lives and can serve, and what it says where there is nothing.</summary>
public sealed class HealthFunctions(
    CatalogMigration catalogMigration, ProviderPreparation providerPreparation, TenantCatalog tenants, WorkStore work)
{
    /// <summary><c>GET /health/live</c></summary>
    [Function("Live")]
    [SuppressMessage("Performance", "CA1822", Justification = "Both hosts make functions of instance methods.")]
    public IActionResult Live([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/live")] HttpRequest request) =>
        new JsonAnswer<HealthView>(StatusCodes.Status200OK, new HealthView("live"), ApiJson.Readable.HealthView);

    /// <summary><c>GET /health/ready</c></summary>
    [Function("Ready")]
    public Task<IActionResult> ReadyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/ready")] HttpRequest request, CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            if (!catalogMigration.Completed || !providerPreparation.Completed)
            {
                throw new ServerUnavailableException("The database");
            }

            await tenants.ListAsync(null, null, null, 1, cancellationToken);
            await work.CheckAsync(cancellationToken);
            return new JsonAnswer<HealthView>(StatusCodes.Status200OK, new HealthView("ready"), ApiJson.Readable.HealthView);
        });

    /// <summary>Every other path.</summary>
    [Function("Nothing")]
    [SuppressMessage("Performance", "CA1822", Justification = "Both hosts make functions of instance methods.")]
    public Task<IActionResult> NothingAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*anything}")] HttpRequest request) =>
        Problems.GuardAsync(request, () => throw new NothingHereException());
}

/// <summary>No call of the API is at this path with this method.</summary>
internal sealed class NothingHereException() : RefusalException(
    RefusalKind.NotFound, "no-such-call", "The API has no such call: see the path and the method.");
