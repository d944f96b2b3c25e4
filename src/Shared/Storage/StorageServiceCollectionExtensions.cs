using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Freehold.Storage;

/// <summary>Registers blob storage.</summary>
public static class StorageServiceCollectionExtensions
{
    /// <summary>
    /// Settings, in the form that Azure Functions' bindings take: <c>Storage</c>, a connection string, or below <c>Storage</c>
    /// <c>blobServiceUri</c> and, for a user-assigned identity, <c>clientId</c>.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(_ => Connect(configuration));
        services.AddSingleton<DocumentBlobs>();
        services.AddSingleton<TenantBlobs>();
        services.AddSingleton<UploadLinks>();
        return services;
    }

    private static BlobServiceClient Connect(IConfiguration configuration)
    {
        // Who waits for an answer waits seconds, not minutes: a document's job has retries of its own.
        BlobClientOptions options = new()
        {
            Retry = { MaxRetries = 2, Delay = TimeSpan.FromMilliseconds(200), MaxDelay = TimeSpan.FromSeconds(2), NetworkTimeout = TimeSpan.FromSeconds(30) },
        };
        if (configuration["Storage"] is { Length: > 0 } connectionString)
        {
            return new BlobServiceClient(connectionString, options);
        }

        string uri = configuration["Storage:blobServiceUri"]
            ?? throw new InvalidOperationException("Set 'Storage' to a connection string, or 'Storage__blobServiceUri' to the account's blob endpoint.");
        TokenCredential credential = configuration["Storage:clientId"] is { Length: > 0 } clientId
            ? new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(clientId))
            : new DefaultAzureCredential();
        return new BlobServiceClient(new Uri(uri), credential, options);
    }
}
