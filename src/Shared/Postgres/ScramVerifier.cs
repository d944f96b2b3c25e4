using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Freehold.Postgres;

/// <summary>
/// What PostgreSQL stores of a SCRAM-SHA-256 password, made here so that the password itself is never sent to a server or
/// written into one of its logs (RFC 5803; https://www.postgresql.org/docs/current/catalog-pg-authid.html).
/// </summary>
internal static class ScramVerifier
{
    /// <summary>
    /// For roles that this service alone enters. Iterations make it dear to guess a person's password; ours are 256 random bits, which
    /// nobody guesses however cheap a guess is, and the client would compute them anew for each connection. RFC 5802 (section 5.1),
    /// PostgreSQL and Npgsql take any number from 1 on. See docs/decisions/0008-cold-connections.md.
    /// </summary>
    public const int FewestIterations = 1;

    /// <summary>For roles that any client may enter: what RFC 7677 (section 4) recommends, and the fewest that PostgreSQL's JDBC driver accepts.</summary>
    public const int UsualIterations = 4096;

    private const int SaltLength = 16;

    /// <summary>The verifier of an ASCII password, for <c>CREATE ROLE … PASSWORD</c>.</summary>
    public static string Make(string password, int iterations)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        byte[] storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        byte[] serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return new StringBuilder("SCRAM-SHA-256$")
            .Append(CultureInfo.InvariantCulture, $"{iterations}:{Convert.ToBase64String(salt)}")
            .Append(CultureInfo.InvariantCulture, $"${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}")
            .ToString();
    }
}
