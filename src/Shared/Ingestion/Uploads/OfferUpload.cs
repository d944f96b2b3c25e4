using System.Text.Json;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>What somebody wants to upload straight to storage.</summary>
/// <param name="Path">Where.</param>
/// <param name="ContentType">Its media type; where the path's ending does not tell, it decides how the file is read.</param>
/// <param name="Bytes">Its length, where it is known.</param>
/// <param name="Metadata">A JSON object that is kept with it.</param>
public sealed record NewUpload(string? Path, string? ContentType = null, long? Bytes = null, JsonElement? Metadata = null);

/// <summary>A link with which one document may be written, and the headers to send with it.</summary>
public sealed record OfferedUpload(Uri Url, string Method, IReadOnlyDictionary<string, string> Headers, DateTimeOffset ExpiresAt);

/// <summary>
/// Lets a document be uploaded straight to storage. Nothing is written down: the storage event that follows the upload brings the
/// document in like any other.
/// </summary>
public sealed class OfferUpload(
    UploadLinks links, TenantCatalog tenants, Admission admission, DocumentReading reading, IOptions<IngestionOptions> options, TimeProvider time)
{
    /// <summary>Makes a link, if the upload may come at all.</summary>
    public async Task<OfferedUpload> RunAsync(TenantPlacement tenant, NewUpload upload, CancellationToken cancellationToken)
    {
        tenant.RequireUnpaused();
        DocumentPath path = DocumentPath.Parse(upload.Path);
        string mediaType = reading.Readers.MediaTypeOf(path.Value, upload.ContentType, default) ?? throw new UnsupportedMediaException(
            $"Neither the path's ending nor 'contentType' is of a type that is read. Endings are {string.Join(", ", reading.Readers.Extensions)}.");
        DocumentMetadata? metadata = upload.Metadata is { ValueKind: not JsonValueKind.Null } json ? DocumentMetadata.Of(json) : null;
        if (upload.Bytes is < 1)
        {
            throw new InvalidInputException("invalid-bytes", "'bytes' is the file's length, 1 or more. Leave it out where it is not known.");
        }

        if (upload.Bytes > options.Value.MaxStreamedBytes)
        {
            throw new DocumentTooLargeException(options.Value.MaxStreamedBytes, upload.Bytes);
        }

        await admission.RequireRoomAsync(tenant, path, upload.Bytes, cancellationToken);
        DateTimeOffset expiresAt = Seconds(time.GetUtcNow() + options.Value.UploadLifetime);
        Dictionary<string, string> headers = new() { ["x-ms-blob-type"] = "BlockBlob", ["Content-Type"] = mediaType };
        foreach ((string name, string value) in metadata?.ForBlob() ?? new Dictionary<string, string>())
        {
            headers["x-ms-meta-" + name] = value;
        }

        // Before there is a link: its holder must not find another tenant of the same name behind it.
        await tenants.NoteUploadLinkAsync(tenant, expiresAt, cancellationToken);
        return new OfferedUpload(await links.CreateAsync(tenant.Id, path, expiresAt, cancellationToken), "PUT", headers, expiresAt);
    }

    // A link's end is written in whole seconds.
    private static DateTimeOffset Seconds(DateTimeOffset moment) => new(moment.Ticks - (moment.Ticks % TimeSpan.TicksPerSecond), moment.Offset);
}
