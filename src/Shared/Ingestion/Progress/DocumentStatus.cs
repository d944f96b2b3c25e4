using System.Text.Json;
using System.Text.Json.Serialization;
using Freehold.Tenants;

namespace Freehold.Ingestion;

/// <summary>States of a document's newest version, as they stand in the work store and in JSON.</summary>
internal static class DocumentStates
{
    public const string Queued = "queued";
    public const string Chunking = "chunking";
    public const string Embedding = "embedding";
    public const string Ready = "ready";
    public const string Failed = "failed";

    /// <summary>The name of a state that there is.</summary>
    /// <exception cref="InvalidInputException">There is no such state.</exception>
    public static string Require(string name) => name is Queued or Chunking or Embedding or Ready or Failed
        ? name
        : throw new InvalidInputException("unknown-document-state", $"States of documents are {Queued}, {Chunking}, {Embedding}, {Ready} and {Failed}.");
}

/// <summary>Why a document's newest version could not be taken in.</summary>
public sealed record DocumentFailure(string Step, string Reason);

/// <summary>
/// A document as its tenant sees it. <paramref name="State"/> speaks of the newest version, <paramref name="Searchable"/> says
/// whether some version is served.
/// </summary>
public sealed record DocumentStatus(
    string Path,
    string State,
    string? Title,
    string? MediaType,
    long Bytes,
    int Chunks,
    [property: JsonPropertyName("etag")] string ETag,
    JsonElement Metadata,
    DateTimeOffset UploadedAt,
    DateTimeOffset? ReadyAt,
    bool Searchable,
    DocumentFailure? Failure);

/// <summary>The right to work on one version of a document until <paramref name="Until"/>.</summary>
/// <param name="TenantUid">Its tenant.</param>
/// <param name="Path">Its path.</param>
/// <param name="Number">Higher than every earlier claim's; numbers the version that it publishes.</param>
/// <param name="Attempts">Attempts at this version, this one included.</param>
/// <param name="Lapses">How many of them ended without a word.</param>
/// <param name="Until">When its holder must have begun to publish, by the work store's clock: a while before the claim lapses.</param>
/// <param name="Searchable">Whether some version was published before.</param>
/// <param name="Replaced">Whether the claim took the place of another version, which may be a newer one.</param>
/// <param name="Bytes">The version's bytes.</param>
/// <param name="Chunks">Chunks of the version that was published before.</param>
/// <param name="Counted">Whether the version counts for its tenant's plan already.</param>
internal sealed record DocumentClaim(
    Guid TenantUid,
    string Path,
    long Number,
    int Attempts,
    int Lapses,
    DateTimeOffset Until,
    bool Searchable,
    bool Replaced,
    long Bytes = 0,
    int Chunks = 0,
    bool Counted = true);
