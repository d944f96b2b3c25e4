using System.Security.Cryptography;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Tenants;

public sealed class CredentialCipherTests
{
    private static readonly Guid Tenant = Guid.NewGuid();

    [Fact]
    public void What_was_sealed_opens_for_its_tenant_alone()
    {
        CredentialCipher cipher = Cipher(("one", 1));
        byte[] value = cipher.Seal(Tenant, "correct horse battery staple");

        Assert.Equal("correct horse battery staple", cipher.Open(Tenant, value));
        Assert.ThrowsAny<CryptographicException>(() => cipher.Open(Guid.NewGuid(), value));
        Assert.NotEqual(value, cipher.Seal(Tenant, "correct horse battery staple"));
    }

    [Fact]
    public void Every_changed_byte_is_noticed()
    {
        CredentialCipher cipher = Cipher(("one", 1));
        byte[] value = cipher.Seal(Tenant, "secret");
        for (int i = 1; i < value.Length; i++)
        {
            byte[] changed = [.. value];
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => cipher.Open(Tenant, changed));
        }
    }

    [Fact]
    public void New_key_seals_and_the_old_one_still_opens()
    {
        byte[] old = Cipher(("one", 1)).Seal(Tenant, "secret");
        CredentialCipher rotated = Cipher(("two", 2), ("one", 1));

        Assert.Equal("secret", rotated.Open(Tenant, old));
        Assert.ThrowsAny<CryptographicException>(() => Cipher(("one", 1)).Open(Tenant, rotated.Seal(Tenant, "secret")));
    }

    private static CredentialCipher Cipher(params (string Id, byte Fill)[] keys) => new(Options.Create(new TenantsOptions
    {
        AdminKeySha256 = new string('0', 64),
        CredentialKeys = [.. keys.Select(key => new CredentialKey
        {
            Id = key.Id,
            Key = Convert.ToBase64String(Enumerable.Repeat(key.Fill, 32).ToArray()),
        })],
    }));
}
