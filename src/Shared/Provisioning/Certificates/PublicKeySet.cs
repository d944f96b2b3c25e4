namespace Freehold.Provisioning.Certificates;

/// <summary>A JWK Set (RFC 7517).</summary>
public sealed record PublicKeySet(IReadOnlyList<PublicKey> Keys);

/// <summary>A JWK: one public key that verifies certificates (RFC 7518, section 6.2).</summary>
/// <param name="Kty">Kind of key.</param>
/// <param name="Crv">Its curve.</param>
/// <param name="X">A point of the curve, base64url.</param>
/// <param name="Y">The same.</param>
/// <param name="Kid">Name of the key, as certificates give it.</param>
/// <param name="Use">What it is for.</param>
/// <param name="Alg">How it is used.</param>
/// <param name="Pem">The same key for openssl; JOSE libraries pass it over.</param>
public sealed record PublicKey(string Kty, string Crv, string X, string Y, string Kid, string Use, string Alg, string Pem);
