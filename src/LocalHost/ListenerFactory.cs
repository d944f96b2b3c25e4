using Azure.Storage.Blobs;
using Freehold.LocalHost.BlobTriggers;
using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.QueueTriggers;
using Freehold.LocalHost.Storage;
using Freehold.LocalHost.TimerTriggers;
using Freehold.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost;

/// <summary>Makes a listener for every function that is not called over HTTP. A missing setting is told before anything runs.</summary>
internal sealed class ListenerFactory(IServiceProvider services, FunctionCatalog functions, StorageConnections storage)
{
    public IEnumerable<IListener> Make() =>
    [
        Create<QueueCreation>(),
        .. functions.Of<ServiceBusTriggerAttribute>().Select(pair => OfQueue(pair.Function, pair.Trigger)),
        .. functions.Of<BlobTriggerAttribute>().Select(pair => OfBlobs(pair.Function, pair.Trigger)),
        .. functions.Of<TimerTriggerAttribute>().Select(pair => Create<TimerListener>(pair.Function, pair.Trigger)),
    ];

    private QueueListener OfQueue(Function function, ServiceBusTriggerAttribute trigger)
    {
        ListenedQueue queue = Create<ListenedQueue>(trigger);
        return Create<QueueListener>(queue, Create<Delivery>(function, queue));
    }

    private BlobListener OfBlobs(Function function, BlobTriggerAttribute trigger)
    {
        string name = BlobPattern.ContainerOf(trigger)!;
        string connection = trigger.Connection!;
        BlobContainerClient container = storage.Container(connection, name);
        string folder = services.GetRequiredService<IOptions<LocalHostOptions>>().Value.DataFolder;
        var ledger = new BlobLedger(new ReceiptFile(folder, name));
        return Create<BlobListener>(
            container,
            ledger,
            storage.Availability(connection),
            Create<BlobHandOver>(function, container, ledger),
            Create<BlobDeletions>(container, ledger, DeletionsConnection(connection)));
    }

    /// <summary>Deletions go where somebody reads them; without a reader beside the blobs.</summary>
    private string DeletionsConnection(string blobConnection) =>
        functions.Queues().Where(pair => pair.Queue == Queues.BlobDeletions).Select(pair => pair.Connection).FirstOrDefault(blobConnection);

    private T Create<T>(params object[] arguments) => ActivatorUtilities.CreateInstance<T>(services, arguments);
}
