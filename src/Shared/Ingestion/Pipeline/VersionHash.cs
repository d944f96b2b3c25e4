using System.Security.Cryptography;
using System.Text;
using Freehold.Storage;

namespace Freehold.Ingestion;

/// <summary>
/// Tells a version of a document from another: by its bytes, by its blob's media type and metadata, and by how files are read here. Where
/// one of these is other, the document is read again though its bytes are the same; passages that stay as they are keep their embeddings.
/// </summary>
internal static class VersionHash
{
    /// <summary>32 bytes, of the file's SHA-256, its blob, and <see cref="DocumentReading.Manner"/>.</summary>
    public static byte[] Of(byte[] contentHash, OpenBlob blob, string manner) => SHA256.HashData(
        [.. contentHash, .. Encoding.UTF8.GetBytes($"{blob.MediaType}\n{DocumentMetadata.Merge(blob.Metadata, null)}\n{manner}")]);
}
