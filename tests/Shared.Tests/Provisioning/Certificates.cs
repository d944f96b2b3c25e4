using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Tests.Provisioning;

/// <summary>Certificates to test with, and what somebody else's program does with them: it has the JSON alone.</summary>
internal static class Certificates
{
    public static DeletionCertificate Make(BlobRetention retention)
    {
        DateTimeOffset erasedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        return new DeletionCertificate(
            Guid.CreateVersion7(erasedAt),
            Guid.CreateVersion7(erasedAt),
            "acme",
            Guid.CreateVersion7(erasedAt),
            erasedAt.AddDays(-7),
            erasedAt,
            new ErasedContent(
                Documents: 12, Blobs: 13, BlobVersions: 1, BlobSnapshots: 2, UncommittedBlobs: 3, BlobBytes: 4_000_000_000,
                Databases: 1, Roles: 2, Keys: 4, Jobs: 5, UsageDays: 6),
            ProviderRecovery.Postgres,
            StorageRecovery.Of(retention, erasedAt));
    }

    public static TenantsOptions Options(params (string Id, byte[] Key)[] keys) => new()
    {
        AdminKeySha256 = new string('0', 64),
        CredentialKeys = [new CredentialKey { Id = "one", Key = Convert.ToBase64String(new byte[32]) }],
        CertificateKeys = [.. keys.Select(key => new CertificateKey { Id = key.Id, Key = Convert.ToBase64String(key.Key) })],
    };

    public static CertificateSigner Signer(params (string Id, byte[] Key)[] keys) => new(Microsoft.Extensions.Options.Options.Create(Options(keys)));

    public static byte[] Payload(string certificate) => Decode(Members(certificate)["payload"]);

    public static Dictionary<string, string> Members(string certificate) => JsonSerializer.Deserialize<Dictionary<string, string>>(certificate)!;

    /// <summary>Whether a certificate is signed by one of the keys, which are given as they are published.</summary>
    public static bool Verify(string certificate, JsonElement keys)
    {
        Dictionary<string, string> members = Members(certificate);
        using JsonDocument header = JsonDocument.Parse(Decode(members["protected"]));
        Assert.Equal("ES256", header.RootElement.GetProperty("alg").GetString());
        string? id = header.RootElement.GetProperty("kid").GetString();
        foreach (JsonElement key in keys.GetProperty("keys").EnumerateArray().Where(key => key.GetProperty("kid").GetString() == id))
        {
            using ECDsa algorithm = Read(key);
            return algorithm.VerifyData(
                Encoding.ASCII.GetBytes($"{members["protected"]}.{members["payload"]}"),
                Decode(members["signature"]),
                HashAlgorithmName.SHA256,
                DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        return false;
    }

    public static ECDsa Read(JsonElement key) => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = { X = Decode(key.GetProperty("x").GetString()!), Y = Decode(key.GetProperty("y").GetString()!) },
    });

    private static byte[] Decode(string text) => Base64Url.DecodeFromChars(text);
}
