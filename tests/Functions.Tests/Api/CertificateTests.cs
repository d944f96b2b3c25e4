using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Functions.Tests.Api;

[Collection(HostTests.Name)]
public sealed class CertificateTests(HostFixture host)
{
    [HostFact]
    public async Task Keys_are_given_to_anyone()
    {
        (HttpStatusCode status, JsonElement body) = await host.SendAsync(HttpMethod.Get, ".well-known/freehold-keys", null);

        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement key = Assert.Single(body.GetProperty("keys").EnumerateArray());
        Assert.Equal(("EC", "P-256", "ES256", "test"), (Text("kty"), Text("crv"), Text("alg"), Text("kid")));
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", Text("pem"), StringComparison.Ordinal);

        string? Text(string name) => key.GetProperty(name).GetString();
    }

    [HostFact]
    public async Task Certificate_is_verified_with_the_keys_that_the_host_publishes()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Certificate());
        using Process process = Process.Start(new ProcessStartInfo(
            "bash", [Path.Combine(AppContext.BaseDirectory, "Scripts", "verify-certificate"), file, $"{host.Http.BaseAddress}.well-known/freehold-keys"])
        {
            RedirectStandardOutput = true,
        })!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        File.Delete(file);

        Assert.Equal(0, process.ExitCode);
        Assert.EndsWith("\nvalid\n", said, StringComparison.Ordinal);
    }

    [HostFact]
    public async Task There_is_none_where_nothing_was_deleted()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (_, JsonElement refused) = await host.SendAsync(HttpMethod.Get, $"operations/{Guid.NewGuid()}/certificate", HostFixture.AdminKey);
        Assert.EndsWith("/operation-not-found", refused.GetProperty("type").GetString(), StringComparison.Ordinal);

        string body = $$"""{"id":"{{tenant}}-2"}""";
        (_, JsonElement operation) = await host.SendAsync(HttpMethod.Post, "tenants", HostFixture.AdminKey, body);
        string path = $"operations/{operation.GetProperty("id").GetString()}/certificate";
        (HttpStatusCode status, refused) = await host.SendAsync(HttpMethod.Get, path, HostFixture.AdminKey);
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.EndsWith("/certificate-not-found", refused.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Contains("deletes no tenant", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Forbidden, (await host.SendAsync(HttpMethod.Get, path, key)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.SendAsync(HttpMethod.Get, path, null)).Status);
    }

    private static string Certificate()
    {
        DateTimeOffset erasedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        CertificateSigner signer = new(Options.Create(new TenantsOptions
        {
            AdminKeySha256 = string.Empty,
            CredentialKeys = [],
            CertificateKeys = [new CertificateKey { Id = "test", Key = HostFixture.CertificateKey }],
        }));
        return signer.Sign(new DeletionCertificate(
            Guid.NewGuid(),
            Guid.NewGuid(),
            "acme",
            Guid.NewGuid(),
            erasedAt,
            erasedAt,
            new ErasedContent(1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0),
            ProviderRecovery.Postgres,
            StorageRecovery.Of(BlobRetention.Unknown, erasedAt)));
    }
}
