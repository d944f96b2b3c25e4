using System.Collections.Concurrent;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Freehold.LocalHost.Storage;

/// <summary>Clients of Azurite, by the name of the setting that holds the connection string.</summary>
internal sealed class StorageConnections(IConfiguration configuration, ILogger<StorageConnections> logger)
{
    private readonly ConcurrentDictionary<string, StorageAvailability> _availability = new();

    public BlobContainerClient Container(string connection, string name)
    {
        var options = new BlobClientOptions();
        Limit(options.Retry);
        return new BlobServiceClient(ConnectionString(connection), options).GetBlobContainerClient(name);
    }

    public QueueClient Queue(string connection, string name)
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None };
        Limit(options.Retry);
        return new QueueServiceClient(ConnectionString(connection), options).GetQueueClient(name);
    }

    /// <summary>One per connection, so that an outage is told once and not by every listener.</summary>
    public StorageAvailability Availability(string connection) =>
        _availability.GetOrAdd(connection, name => new StorageAvailability(name, logger));

    private string ConnectionString(string connection) =>
        configuration[connection] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"The setting '{connection}' is missing. It holds the connection string of Azurite.");

    /// <summary>Quick attempts, for connections that Azurite closed while idle; longer outages are waited for by the listeners.</summary>
    private static void Limit(RetryOptions retry)
    {
        retry.Mode = RetryMode.Fixed;
        retry.MaxRetries = 2;
        retry.Delay = TimeSpan.FromMilliseconds(100);
        retry.NetworkTimeout = TimeSpan.FromSeconds(10);
    }
}
