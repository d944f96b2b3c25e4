using System.Security.Cryptography;
using System.Text.Json;
using Freehold.Provisioning.Certificates;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Provisioning;

public sealed class CertificateSignerTests
{
    private static readonly byte[] One = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] Two = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void Certificate_verifies_with_the_published_key_and_no_other()
    {
        CertificateSigner signer = Certificates.Signer(("one", One));
        string certificate = signer.Sign(Certificates.Make(BlobRetention.None));

        Assert.Equal(["payload", "protected", "signature"], Certificates.Members(certificate).Keys.Order());
        Assert.True(Certificates.Verify(certificate, Published(signer)));
        Assert.False(Certificates.Verify(certificate, Published(Certificates.Signer(("one", Two)))));
        Assert.False(Certificates.Verify(certificate, Published(Certificates.Signer(("two", One)))));
    }

    [Theory]
    [InlineData("payload", 40)]
    [InlineData("signature", 0)]
    [InlineData("signature", 60)]
    public void Every_change_is_noticed(string member, int position)
    {
        CertificateSigner signer = Certificates.Signer(("one", One));
        Dictionary<string, string> members = Certificates.Members(signer.Sign(Certificates.Make(BlobRetention.None)));
        char[] changed = members[member].ToCharArray();
        changed[position] = changed[position] == 'A' ? 'B' : 'A';
        members[member] = new string(changed);

        Assert.False(Certificates.Verify(JsonSerializer.Serialize(members), Published(signer)));
    }

    [Fact]
    public void First_key_signs_and_certificates_of_older_ones_still_verify()
    {
        string old = Certificates.Signer(("one", One)).Sign(Certificates.Make(BlobRetention.None));
        CertificateSigner rotated = Certificates.Signer(("two", Two), ("one", One));
        string fresh = rotated.Sign(Certificates.Make(BlobRetention.None));

        Assert.Equal(["two", "one"], rotated.PublicKeys.Keys.Select(key => key.Kid));
        Assert.True(Certificates.Verify(old, Published(rotated)));
        Assert.True(Certificates.Verify(fresh, Published(rotated)));
        Assert.False(Certificates.Verify(fresh, Published(Certificates.Signer(("one", One)))));
    }

    [Fact]
    public void Published_key_is_the_same_as_jwk_and_as_pem_and_holds_nothing_private()
    {
        JsonElement key = Published(Certificates.Signer(("one", One))).GetProperty("keys")[0];

        Assert.Equal(
            ["alg", "crv", "kid", "kty", "pem", "use", "x", "y"], key.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        using ECDsa jwk = Certificates.Read(key);
        using ECDsa pem = ECDsa.Create();
        pem.ImportFromPem(key.GetProperty("pem").GetString());
        Assert.Equal(jwk.ExportSubjectPublicKeyInfo(), pem.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void Two_keys_of_one_name_are_refused() =>
        Assert.Throws<ArgumentException>(() => Certificates.Signer(("one", One), ("one", Two)));

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")] // 0
    [InlineData("/////wAAAAD//////////7zm+q2nF56E87nKwvxjJVE=")] // the order itself
    [InlineData("//////////////////////////////////////////8=")]
    [InlineData("AQID")]
    [InlineData("not base64")]
    public void Key_that_is_none_of_the_curve_stops_the_start(string text)
    {
        TenantsOptions options = Certificates.Options(("one", One));
        options.CertificateKeys[0].Key = text;

        ValidateOptionsResult result = new TenantsOptionsValidator().Validate(null, options);

        Assert.Contains("no private key of P-256", result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain(text, result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Largest_and_smallest_keys_are_good()
    {
        byte[] largest = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550");
        byte[] smallest = [.. new byte[31], 1];

        Assert.True(new TenantsOptionsValidator().Validate(null, Certificates.Options(("one", largest), ("two", smallest))).Succeeded);
        CertificateSigner signer = Certificates.Signer(("one", largest), ("two", smallest));
        Assert.True(Certificates.Verify(signer.Sign(Certificates.Make(BlobRetention.None)), Published(signer)));
    }

    [Fact]
    public void Installation_without_a_key_signs_with_one_that_comes_of_its_credential_keys()
    {
        Assert.True(new TenantsOptionsValidator().Validate(null, Certificates.Options()).Succeeded);
        CertificateSigner signer = Certificates.Signer();
        string certificate = signer.Sign(Certificates.Make(BlobRetention.None));

        Assert.True(Certificates.Verify(certificate, Published(Certificates.Signer())));
        Assert.False(Certificates.Verify(certificate, Published(Certificates.Signer(("one", One)))));
        Assert.StartsWith("credential-", signer.PublicKeys.Keys.Single().Kid, StringComparison.Ordinal);
    }

    private static JsonElement Published(CertificateSigner signer) =>
        JsonSerializer.SerializeToElement(signer.PublicKeys, JsonSerializerOptions.Web);
}
