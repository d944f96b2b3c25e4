using System.Security.Cryptography;
using System.Text;

namespace Freehold.Tests.Ingestion.Readers;

/// <summary>Encrypts the streams of a PDF by AES-256 (Adobe's extension level 3, revision 5), so that it opens with the empty password.</summary>
internal static class EncryptedPdf
{
    /// <summary>What the trailer needs, and how a stream is sealed.</summary>
    public static (string Trailer, Func<string, string> Seal) WithoutPassword()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] validationSalt = RandomNumberGenerator.GetBytes(8);
        byte[] keySalt = RandomNumberGenerator.GetBytes(8);
        byte[] user = [.. SHA256.HashData(validationSalt), .. validationSalt, .. keySalt];
        using var aes = Aes.Create();
        aes.Key = SHA256.HashData(keySalt);
        var userKey = aes.EncryptCbc(key, new byte[16], PaddingMode.None);
        var trailer = $"/ID[<00><00>]/Encrypt<</Filter/Standard/V 5/R 5/Length 256/P -4/U<{Convert.ToHexString(user)}>/UE<{Convert.ToHexString(userKey)}>"
            + $"/O<{new string('1', 96)}>/OE<{new string('1', 64)}>/Perms<{new string('1', 32)}>"
            + "/CF<</StdCF<</CFM/AESV3/AuthEvent/DocOpen/Length 32>>>>/StmF/StdCF/StrF/StdCF>>";
        return (trailer, Seal);

        string Seal(string content)
        {
            using var cipher = Aes.Create();
            cipher.Key = key;
            return Files.PdfStream(Encoding.Latin1.GetString([.. cipher.IV, .. cipher.EncryptCbc(Encoding.Latin1.GetBytes(content), cipher.IV)]));
        }
    }
}
