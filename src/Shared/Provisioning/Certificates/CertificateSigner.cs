using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Certificates;

/// <summary>Signs deletion certificates, in a form that any JOSE library verifies: JWS with ES256 (RFC 7515, RFC 7518).</summary>
public sealed class CertificateSigner
{
    private const int PrivateKeyLength = 32;

    private readonly OrderedDictionary<string, ECParameters> _keys = [];

    /// <summary>Takes the keys from the options.</summary>
    /// <exception cref="ArgumentException">Two keys have the same id.</exception>
    public CertificateSigner(IOptions<TenantsOptions> options)
    {
        foreach (CertificateKey key in options.Value.CertificateKeys)
        {
            _keys.Add(key.Id, Read(Convert.FromBase64String(key.Key)));
        }

        foreach (CredentialKey key in options.Value.CertificateKeys.Count == 0 ? options.Value.CredentialKeys : [])
        {
            _keys.Add($"credential-{key.Id}", Read(HKDF.DeriveKey(
                HashAlgorithmName.SHA256, Convert.FromBase64String(key.Key), PrivateKeyLength, info: "freehold deletion certificates"u8.ToArray())));
        }

        PublicKeys = new PublicKeySet([.. _keys.Select(key => Publish(key.Key, key.Value))]);
    }

    /// <summary>What verifies certificates: of the keys that are configured, the public halves.</summary>
    public PublicKeySet PublicKeys { get; }

    /// <summary>The certificate in the flattened JSON serialization, signed with the first key.</summary>
    public string Sign(DeletionCertificate certificate)
    {
        (string id, ECParameters key) = _keys.GetAt(0);
        string header = Encode(JsonSerializer.SerializeToUtf8Bytes(new JwsHeader("ES256", id, "JOSE+JSON"), CertificateJson.Readable.JwsHeader));
        string payload = Encode(JsonSerializer.SerializeToUtf8Bytes(certificate, CertificateJson.Readable.DeletionCertificate));
        using ECDsa algorithm = ECDsa.Create(key);
        byte[] signature = algorithm.SignData(
            Encoding.ASCII.GetBytes($"{header}.{payload}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return JsonSerializer.Serialize(
            new SignedCertificate(payload, header, Encode(signature)), CertificateJson.Readable.SignedCertificate);
    }

    private static ECParameters Read(byte[] privateKey)
    {
        using ECDsa algorithm = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = privateKey,
        });
        return algorithm.ExportParameters(includePrivateParameters: true);
    }

    private static PublicKey Publish(string id, ECParameters key)
    {
        using ECDsa algorithm = ECDsa.Create(key);
        return new PublicKey("EC", "P-256", Encode(key.Q.X), Encode(key.Q.Y), id, "sig", "ES256", algorithm.ExportSubjectPublicKeyInfoPem());
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}

/// <summary>Protected header of a certificate.</summary>
internal sealed record JwsHeader(string Alg, string Kid, string Typ);

/// <summary>A certificate as it is kept and given out (RFC 7515, section 7.2.2).</summary>
internal sealed record SignedCertificate(string Payload, string Protected, string Signature);
