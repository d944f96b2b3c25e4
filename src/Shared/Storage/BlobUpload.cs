using Freehold.Tenants;

namespace Freehold.Storage;

/// <summary>What is written beside a document's bytes, and on what condition.</summary>
/// <param name="MediaType">Kept as the blob's content type.</param>
public sealed record BlobUpload(string MediaType)
{
    /// <summary>The number of bytes where it is known; saves memory, and is not relied on.</summary>
    public long? ExpectedLength { get; init; }

    /// <summary>Kept as the blob's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The MD5 that the bytes must have; kept with the blob.</summary>
    public byte[]? ContentMd5 { get; init; }

    /// <summary>What has to be at the path; null where that is no matter.</summary>
    public BlobCondition? Condition { get; init; }
}

/// <summary>The bytes that came are not those that the caller meant to send.</summary>
public sealed class ContentMd5MismatchException() : RefusalException(
    RefusalKind.Invalid, "content-md5-mismatch", "The bytes that arrived have another MD5 than 'Content-MD5' says. Nothing was written: send them again.");

/// <summary>Of several uploads to one path at a time, another was completed first.</summary>
public sealed class ConcurrentUploadException() : RefusalException(
    RefusalKind.Conflict, "concurrent-upload", "Another upload to this path was completed meanwhile. Send this one again if it is to replace it.");

/// <summary>A storage client has locked the blob.</summary>
public sealed class DocumentLeasedException() : RefusalException(
    RefusalKind.Conflict, "document-leased", "A storage client holds a lease on this document's blob. Release or break the lease, then try again.");
