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
    // Iterations make guessing a person's password dear. These passwords are 256 random bits, which nobody guesses however cheap a
    // guess is; but the client computes the iterations anew for every connection it opens. RFC 5802 (section 5.1) and PostgreSQL
    // take any number from 1 on; the 4,096 of RFC 7677 (section 4) are a floor for passwords that can be guessed.
    private const int Iterations = 1;
    private const int SaltLength = 16;

    /// <summary>The verifier of an ASCII password of at least 128 random bits, for <c>CREATE ROLE … PASSWORD</c>.</summary>
    public static string Make(string password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        byte[] storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        byte[] serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return new StringBuilder("SCRAM-SHA-256$")
            .Append(CultureInfo.InvariantCulture, $"{Iterations}:{Convert.ToBase64String(salt)}")
            .Append(CultureInfo.InvariantCulture, $"${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}")
            .ToString();
    }
}
