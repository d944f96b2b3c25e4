using Azure.Storage.Blobs.Models;

namespace Freehold.Storage;

/// <summary>What blob storage holds of a tenant.</summary>
/// <param name="Blobs">Current blobs.</param>
/// <param name="Versions">Former versions of blobs, those of deleted ones included.</param>
/// <param name="Snapshots">Snapshots of blobs.</param>
/// <param name="Uncommitted">Uploads that were begun and never completed.</param>
/// <param name="Bytes">Length of current blobs, versions and snapshots, each counted in full. Storage does not tell it of uploads.</param>
public readonly record struct BlobInventory(int Blobs, int Versions, int Snapshots, int Uncommitted, long Bytes)
{
    internal static bool IsUncommitted(BlobItem item) =>
        // Storage gives every complete blob a content type, if only application/octet-stream, and lists none for blocks alone.
        item.Snapshot is null && item.VersionId is null && string.IsNullOrEmpty(item.Properties.ContentType) && item.Properties.ContentLength is 0 or null;

    internal BlobInventory With(BlobItem item)
    {
        BlobInventory counted = this with { Bytes = Bytes + (item.Properties.ContentLength ?? 0) };
        return item switch
        {
            { Snapshot: not null } => counted with { Snapshots = Snapshots + 1 },
            { VersionId: not null, IsLatestVersion: not true } => counted with { Versions = Versions + 1 },
            _ when IsUncommitted(item) => counted with { Uncommitted = Uncommitted + 1 },
            _ => counted with { Blobs = Blobs + 1 },
        };
    }
}
