using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Setup;

/// <summary>Puts documents straight into storage, as any client of it does that knows nothing of Freehold.</summary>
internal static class Drop
{
    /// <summary>Drops bytes at a path.</summary>
    public static Task PutAsync(Installation installation, TenantPlacement tenant, string path, byte[] content, CancellationToken cancellationToken) =>
        Container(installation).GetBlobClient($"{tenant.Id}/{path}").UploadAsync(new BinaryData(content), overwrite: true, cancellationToken);

    /// <summary>Drops pieces that are never in memory together as one blob, which is there when all of them are.</summary>
    public static async Task PutAsync(
        Installation installation, TenantPlacement tenant, string path, IEnumerable<byte[]> pieces, CancellationToken cancellationToken)
    {
        BlockBlobClient blob = Container(installation).GetBlockBlobClient($"{tenant.Id}/{path}");
        List<string> blocks = [];
        foreach (byte[] piece in pieces)
        {
            blocks.Add(Convert.ToBase64String(BitConverter.GetBytes(blocks.Count)));
            using MemoryStream block = new(piece);
            await blob.StageBlockAsync(blocks[^1], block, cancellationToken: cancellationToken);
        }

        await blob.CommitBlockListAsync(blocks, cancellationToken: cancellationToken);
    }

    private static BlobContainerClient Container(Installation installation) =>
        installation.Get<BlobServiceClient>().GetBlobContainerClient(DocumentBlobs.Container);
}
