using Azure;
using Azure.Storage.Blobs.Models;
using Freehold.Tenants;

namespace Freehold.Storage;

/// <summary>What has to be at a path for it to be written or deleted. Storage holds it to the last moment.</summary>
public sealed record BlobCondition
{
    private BlobCondition(string? etag) => ETag = etag;

    /// <summary>Nothing is there.</summary>
    public static BlobCondition Absent { get; } = new(etag: null);

    /// <summary>Something is there.</summary>
    public static BlobCondition Present { get; } = new("*");

    private string? ETag { get; }

    /// <summary>This version is there, and no other.</summary>
    public static BlobCondition Version(string etag) => new(etag);

    /// <summary>Refuses where something else is there.</summary>
    /// <exception cref="PreconditionFailedException">It does not hold.</exception>
    public void Require(BlobVersion? present)
    {
        bool holds = this == Absent ? present is null : present is not null && (this == Present || present.Value.ETag == ETag);
        if (!holds)
        {
            throw new PreconditionFailedException();
        }
    }

    internal BlobRequestConditions ForRequest() => this == Absent ? new() { IfNoneMatch = Azure.ETag.All }
        : this == Present ? new() { IfMatch = Azure.ETag.All }
        : new() { IfMatch = new ETag($"\"{ETag}\"") };
}

/// <summary>What is at the path is not what the caller said has to be there.</summary>
public sealed class PreconditionFailedException() : RefusalException(
    RefusalKind.PreconditionFailed,
    "precondition-failed",
    "What is at this path is not what 'If-Match' or 'If-None-Match' asks for. Nothing was changed: get the document's ETag, and decide again.");
