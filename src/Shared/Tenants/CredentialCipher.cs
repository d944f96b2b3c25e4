using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>
/// Seals database passwords with AES-256-GCM. The tenant's uid is authenticated with each value, so a row copied to another
/// tenant does not open. Layout: key id length (1), key id, nonce (12), tag (16), ciphertext.
/// </summary>
public sealed class CredentialCipher
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly Dictionary<string, byte[]> _keys;

    /// <summary>Takes the keys from the options; refuses one that is not 256 bits.</summary>
    public CredentialCipher(IOptions<TenantsOptions> options)
    {
        _keys = options.Value.CredentialKeys.ToDictionary(key => key.Id, Decode);
        SealingKeyId = options.Value.CredentialKeys[0].Id;
    }

    /// <summary>Id of the key that new values are sealed under.</summary>
    public string SealingKeyId { get; }

    /// <summary>Seals a secret for one tenant.</summary>
    public byte[] Seal(Guid tenantUid, string secret)
    {
        byte[] keyId = Encoding.ASCII.GetBytes(SealingKeyId);
        byte[] plain = Encoding.UTF8.GetBytes(secret);
        byte[] output = new byte[1 + keyId.Length + NonceLength + TagLength + plain.Length];
        output[0] = (byte)keyId.Length;
        keyId.CopyTo(output, 1);
        Span<byte> nonce = output.AsSpan(1 + keyId.Length, NonceLength);
        Span<byte> tag = output.AsSpan(1 + keyId.Length + NonceLength, TagLength);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm aes = new(_keys[SealingKeyId], TagLength);
        aes.Encrypt(nonce, plain, output.AsSpan(output.Length - plain.Length), tag, tenantUid.ToByteArray());
        return output;
    }

    /// <summary>Opens what <see cref="Seal"/> made for the same tenant.</summary>
    /// <exception cref="CredentialKeyMissingException">Its key is not configured.</exception>
    /// <exception cref="CryptographicException">The value is not this tenant's, or is damaged.</exception>
    public string Open(Guid tenantUid, ReadOnlySpan<byte> sealedSecret)
    {
        int keyIdLength = sealedSecret[0];
        string keyId = Encoding.ASCII.GetString(sealedSecret.Slice(1, keyIdLength));
        if (!_keys.TryGetValue(keyId, out byte[]? key))
        {
            throw new CredentialKeyMissingException(keyId);
        }

        ReadOnlySpan<byte> rest = sealedSecret[(1 + keyIdLength)..];
        byte[] plain = new byte[rest.Length - NonceLength - TagLength];
        using AesGcm aes = new(key, TagLength);
        aes.Decrypt(
            rest[..NonceLength], rest[(NonceLength + TagLength)..], rest.Slice(NonceLength, TagLength), plain, tenantUid.ToByteArray());
        return Encoding.UTF8.GetString(plain);
    }

    private static byte[] Decode(CredentialKey key)
    {
        byte[] bytes = Convert.FromBase64String(key.Key);
        return bytes.Length == 32
            ? bytes
            : throw new CryptographicException($"The credential key '{key.Id}' must be 256 bits, base64.");
    }
}

/// <summary>Something is sealed under a key that this host is not given. An operator has to put it back.</summary>
public sealed class CredentialKeyMissingException(string keyId)
    : CryptographicException($"The credential key '{keyId}' is not configured.")
{
    /// <summary>Id of the key.</summary>
    public string KeyId { get; } = keyId;
}
