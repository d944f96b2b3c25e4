using System.Text.Json;
using Azure.Storage.Blobs;

namespace Freehold.Functions.Tests.LocalHost.Fixtures;

internal static class Blobs
{
    /// <summary>The container <c>documents</c>, made anew.</summary>
    public static async Task<BlobContainerClient> EmptyDocumentsAsync(this AzuriteServer azurite)
    {
        BlobContainerClient container = azurite.Container("documents");
        await container.DeleteIfExistsAsync();
        await container.CreateAsync();
        return container;
    }

    public static Task PutAsync(this BlobContainerClient container, string name, string content = "text") =>
        container.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true);

    public static Task PutManyAsync(this BlobContainerClient container, int count) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
            await container.PutAsync($"tenant-{number % 20}/folder/document-{number:00000}.md"));

    /// <summary>The blob that a deletion event speaks of; null for anything else.</summary>
    public static string? DeletedBlob(string seen) =>
        seen.StartsWith('{') ? JsonDocument.Parse(seen).RootElement.GetProperty("subject").GetString()!.Split("/blobs/", 2)[1] : null;

    public static bool HasDeletion(this IEnumerable<string> seen, string name) => seen.Any(what => DeletedBlob(what) == name);
}
