using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Setup;

/// <summary>Puts documents straight into storage, as any client of it does that knows nothing of Freehold.</summary>
internal static class Drop
{
    /// <summary>Drops bytes at a path.</summary>
    public static Task PutAsync(Installation installation, TenantPlacement tenant, string path, byte[] content, CancellationToken cancellationToken) =>
        Blob(installation, tenant, path).UploadAsync(new BinaryData(content), overwrite: true, cancellationToken);

    /// <summary>Drops texts that are made one after another, and never in memory together, at a path.</summary>
    public static async Task PutAsync(
        Installation installation, TenantPlacement tenant, string path, IEnumerable<byte[]> pieces, CancellationToken cancellationToken)
    {
        BlobOpenWriteOptions options = new() { HttpHeaders = new BlobHttpHeaders { ContentType = "text/plain" }, BufferSize = 4 << 20 };
        await using Stream stream = await Blob(installation, tenant, path).OpenWriteAsync(overwrite: true, options, cancellationToken);
        foreach (byte[] piece in pieces)
        {
            await stream.WriteAsync(piece, cancellationToken);
        }
    }

    private static BlobClient Blob(Installation installation, TenantPlacement tenant, string path) =>
        installation.Get<BlobServiceClient>().GetBlobContainerClient(DocumentBlobs.Container).GetBlobClient($"{tenant.Id}/{path}");
}
