using System.Text.Json;
using Azure.Storage.Blobs;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>The event that Event Grid delivers when a blob is deleted, in the Event Grid schema.</summary>
/// <seealso href="https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage"/>
internal static class BlobDeletedEvent
{
    public static string Json(BlobClient blob, DateTimeOffset time) => JsonSerializer.Serialize(new
    {
        topic = $"/subscriptions/local/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/{blob.AccountName}",
        subject = $"/blobServices/default/containers/{blob.BlobContainerName}/blobs/{blob.Name}",
        eventType = "Microsoft.Storage.BlobDeleted",
        id = Guid.CreateVersion7(time),
        data = new
        {
            api = "DeleteBlob",
            contentType = "application/octet-stream",
            blobType = "BlockBlob",
            url = blob.Uri.AbsoluteUri,
        },
        dataVersion = "",
        metadataVersion = "1",
        eventTime = time.UtcDateTime,
    });
}
