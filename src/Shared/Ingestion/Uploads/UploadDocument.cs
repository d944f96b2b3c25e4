using Freehold.Ingestion.Readers;
using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>A document that has been uploaded, and who is to be woken now.</summary>
public sealed record UploadedDocument(DocumentStatus Document, WakeUps WakeUps);

/// <summary>Takes a document's bytes as they come in, writes them to storage, and notes that there is something to do.</summary>
public sealed class UploadDocument(
    DocumentBlobs blobs,
    TenantCatalog tenants,
    Notes notes,
    Turns turns,
    Admission admission,
    DocumentReading reading,
    IOptions<IngestionOptions> options)
{
    private const string ByLink = "A larger one goes straight to storage, by the link that 'POST …/uploads' gives.";

    /// <summary>Writes a document, replacing the one at that path.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="path">Where.</param>
    /// <param name="body">The bytes; read once, never buffered whole.</param>
    /// <param name="terms">What the caller says of them.</param>
    /// <param name="cancellationToken">The caller went away: nothing is written.</param>
    public async Task<UploadedDocument> RunAsync(
        TenantPlacement tenant, DocumentPath path, Stream body, UploadTerms terms, CancellationToken cancellationToken)
    {
        tenant.RequireUnpaused();
        long limit = options.Value.MaxUploadBytes;
        if (terms.Length > limit)
        {
            throw new DocumentTooLargeException(limit, terms.Length.Value, ByLink);
        }

        // Storage holds the condition when it writes; asking before spares the body.
        terms.Condition?.Require(await blobs.FindAsync(tenant.Id, path, cancellationToken));
        byte[] head = new byte[DocumentReaders.HeadBytes];
        int length = await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        string? whyNot = reading.Readers.WhyNot(path.Value, terms.MediaType, head.AsSpan(0, length));
        if (length == 0)
        {
            throw new ImpossibleRequestException("empty-document", whyNot!);
        }

        string mediaType = reading.Readers.MediaTypeOf(path.Value, terms.MediaType, head.AsSpan(0, length))
            ?? throw new UnsupportedMediaException(whyNot!);
        if (whyNot is not null)
        {
            throw new ImpossibleRequestException("content-mismatch", whyNot);
        }

        Room? room = await admission.RequireRoomAsync(tenant, path, terms.Length, cancellationToken);

        await using UploadBody whole = room?.Bytes < limit
            ? new(head.AsMemory(0, length), body, room.Bytes, room.Refusal)
            : new(head.AsMemory(0, length), body, limit, () => new DocumentTooLargeException(limit, null, ByLink));
        BlobUpload upload = new(mediaType)
        {
            ExpectedLength = terms.Length,
            Metadata = terms.Metadata?.ForBlob() ?? new Dictionary<string, string>(),
            ContentMd5 = terms.ContentMd5,
            Condition = terms.Condition,
        };
        BlobVersion version = await blobs.UploadAsync(tenant.Id, path, whole, upload, cancellationToken);

        await RefuseIfErasedAsync(tenant, path, version);

        // The blob is there; a caller who goes away now must not leave it unnoticed until the storage event comes.
        bool counts = await admission.MayCountAsync(tenant, version.Bytes, CancellationToken.None);
        (DocumentStatus document, WakeUps wakeUps) = await notes.QueueAsync(tenant, path, version, mediaType, counts, CancellationToken.None);
        if (!counts)
        {
            await AdmitAsync(tenant, path, version);
            wakeUps = await turns.TakeAsync(tenant, CancellationToken.None);
        }

        return new UploadedDocument(document, wakeUps);
    }

    // Of several uploads at a time there may be room for some. One that replaces another cannot be taken back: it fails when it is read.
    private async Task AdmitAsync(TenantPlacement tenant, DocumentPath path, BlobVersion version)
    {
        if (await admission.AdmitAsync(tenant, path, version, CancellationToken.None) is { } shortage
            && await notes.ForgetRefusedAsync(tenant.Uid, path, version, CancellationToken.None))
        {
            await blobs.DeleteAsync(tenant.Id, path, version.ETag, CancellationToken.None);
            throw new QuotaExceededException(shortage);
        }
    }

    // The body may have been on its way while the tenant was erased and its name given to another: the blob must not fall to that one.
    // A tenant that was suspended meanwhile keeps it, and takes it in when it is resumed.
    private async Task RefuseIfErasedAsync(TenantPlacement tenant, DocumentPath path, BlobVersion version)
    {
        TenantPlacement? present = await tenants.FindPlacementAsync(tenant.Uid, CancellationToken.None);
        if (present is null or { State: TenantState.Deleted })
        {
            await blobs.DeleteAsync(tenant.Id, path, version.ETag, CancellationToken.None);
            throw new TenantNotReadyException(TenantState.Deleted);
        }
    }
}

/// <summary>What a caller says of an upload.</summary>
/// <param name="Length">The body's length, where it is known.</param>
/// <param name="MediaType">The body's media type, where it is known.</param>
public sealed record UploadTerms(long? Length = null, string? MediaType = null)
{
    /// <summary>Kept with the document.</summary>
    public DocumentMetadata? Metadata { get; init; }

    /// <summary>What has to be at the path; null where that is no matter.</summary>
    public BlobCondition? Condition { get; init; }

    /// <summary>The MD5 that the body must have; null where that is no matter.</summary>
    public byte[]? ContentMd5 { get; init; }
}

/// <summary>More bytes than an upload may have.</summary>
public sealed class DocumentTooLargeException(long limit, long? used, string advice = "Send it in parts.") : RefusalException(
    RefusalKind.TooLarge,
    "document-too-large",
    $"A document has at most {limit} bytes here. {advice}")
{
    /// <summary>Most bytes.</summary>
    public long Limit { get; } = limit;

    /// <summary>Bytes that were announced, where they were.</summary>
    public long? Used { get; } = used;
}

/// <summary>A file type that is not read.</summary>
public sealed class UnsupportedMediaException(string message) : RefusalException(
    RefusalKind.UnsupportedMedia, "unsupported-media-type", message);
