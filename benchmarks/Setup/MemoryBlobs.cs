using System.Collections.Concurrent;
using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Setup;

/// <summary>
/// Blob storage in memory, below the storage client's pipeline: what is measured pays for the client, and neither for a network nor
/// for a server. It answers GET and HEAD of whole blobs.
/// </summary>
internal sealed class MemoryBlobs : HttpPipelineTransport
{
    private static readonly Uri Account = new("http://account.invalid/");

    private readonly ConcurrentDictionary<string, Blob> _blobs = new();
    private int _versions;

    /// <summary>A client of this storage.</summary>
    public BlobServiceClient Client() => new(Account, new BlobClientOptions { Transport = this });

    /// <summary>Puts a text at a tenant's path.</summary>
    public void Put(TenantPlacement tenant, string path, byte[] content)
    {
        string name = $"/{DocumentBlobs.Container}/{tenant.Id}/{path}";
        string etag = Interlocked.Increment(ref _versions).ToString("X16", CultureInfo.InvariantCulture);
        _blobs[name] = new Blob(content, $"\"0x{etag}\"", DateTimeOffset.UtcNow);
    }

    /// <summary>Removes what is at a tenant's path.</summary>
    public void Remove(TenantPlacement tenant, string path) => _blobs.TryRemove($"/{DocumentBlobs.Container}/{tenant.Id}/{path}", out _);

    /// <summary>Forgets all blobs.</summary>
    public void Clear() => _blobs.Clear();

    /// <inheritdoc/>
    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    /// <inheritdoc/>
    public override void Process(HttpMessage message) => message.Response = Answer(message.Request);

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(HttpMessage message)
    {
        Process(message);
        return default;
    }

    private MemoryResponse Answer(Request request)
    {
        string name = Uri.UnescapeDataString(request.Uri.ToUri().AbsolutePath);
        if (!_blobs.TryGetValue(name, out Blob? blob))
        {
            return new MemoryResponse(404, [new("x-ms-error-code", "BlobNotFound")], null);
        }

        HttpHeader[] headers =
        [
            new("ETag", blob.ETag),
            new("Last-Modified", blob.At.ToString("R", CultureInfo.InvariantCulture)),
            new("x-ms-creation-time", blob.At.ToString("R", CultureInfo.InvariantCulture)),
            new("Content-Length", blob.Content.Length.ToString(CultureInfo.InvariantCulture)),
            new("Content-Type", "text/plain"),
            new("x-ms-blob-type", "BlockBlob"),
        ];
        return new MemoryResponse(200, headers, request.Method == RequestMethod.Head ? null : new MemoryStream(blob.Content, writable: false));
    }

    private sealed record Blob(byte[] Content, string ETag, DateTimeOffset At);
}
