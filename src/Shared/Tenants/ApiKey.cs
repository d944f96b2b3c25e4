using System.Security.Cryptography;
using System.Text;

namespace Freehold.Tenants;

/// <summary>What tenants' keys may do.</summary>
public static class Scopes
{
    /// <summary>Search.</summary>
    public const string Search = "search";

    /// <summary>Ask for answers.</summary>
    public const string Ask = "ask";

    /// <summary>Upload and delete documents.</summary>
    public const string Write = "write";

    /// <summary>List documents and their states.</summary>
    public const string Read = "read";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Search, Ask, Write, Read];
}

/// <summary>A tenant's key as its operator sees it. <paramref name="Secret"/> is set in the answer that made it, and never again.
/// <paramref name="LastUsedAt"/> is a few seconds late.</summary>
public sealed record ApiKey(
    Guid Id,
    string Name,
    string Prefix,
    IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    string? Secret = null,
    DateTimeOffset? LastUsedAt = null);

/// <summary>What a good key opens.</summary>
internal sealed record ApiKeyGrant(
    Guid Id, Guid TenantUid, TenantId Tenant, byte[] Hash, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt);

/// <summary>The text of keys: <c>fh_{8 characters}_{43 characters of base64url}</c>, 256 random bits. Only its SHA-256 is stored.</summary>
internal static class KeyText
{
    private const int PrefixLength = 8;
    private const int Length = 3 + PrefixLength + 1 + 43;
    private const string PrefixAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    public static string Generate()
    {
        string prefix = RandomNumberGenerator.GetString(PrefixAlphabet, PrefixLength);
        string secret = System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return $"fh_{prefix}_{secret}";
    }

    public static string? Prefix(string key) =>
        key.Length == Length && key.StartsWith("fh_", StringComparison.Ordinal) && key[3 + PrefixLength] == '_'
            ? key.Substring(3, PrefixLength)
            : null;

    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
