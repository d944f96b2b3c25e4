using Freehold.Functions.Http;
using Freehold.Provisioning;
using Freehold.Provisioning.Certificates;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>Deletion certificates, and the keys that verify them.</summary>
public sealed class CertificateFunctions(
    KeyCheck keys, OperationStore operations, DeletionCertificates certificates, CertificateSigner signer)
{
    /// <summary><c>GET /operations/{operation}/certificate</c></summary>
    [Function("GetCertificate")]
    public Task<IActionResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "operations/{operation}/certificate")] HttpRequest request,
        string operation,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            await keys.RequireAdminAsync(request.Authorization(), cancellationToken);
            Guid id = Input.Id(operation, () => new OperationNotFoundException());
            Operation found = await operations.FindAsync(id, cancellationToken) ?? throw new OperationNotFoundException();
            string certificate = await certificates.FindAsync(id, cancellationToken) ?? throw new CertificateNotFoundException(found);
            return new CertificateAnswer(certificate);
        });

    /// <summary><c>GET /.well-known/freehold-keys</c>: for anyone.</summary>
    [Function("GetPublicKeys")]
    public Task<IActionResult> GetPublicKeysAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = ".well-known/freehold-keys")] HttpRequest request) =>
        Problems.GuardAsync(request, () => Task.FromResult<IActionResult>(
            new JsonAnswer<PublicKeySet>(StatusCodes.Status200OK, signer.PublicKeys, ApiJson.Readable.PublicKeySet)));

    /// <summary>A certificate, byte for byte as it was signed.</summary>
    private sealed class CertificateAnswer(string certificate) : IActionResult
    {
        public Task ExecuteResultAsync(ActionContext context)
        {
            context.HttpContext.Response.ContentType = "application/jose+json";
            return context.HttpContext.Response.WriteAsync(certificate, context.HttpContext.RequestAborted);
        }
    }
}
