using Azure.Storage.Queues;
using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.Storage;
using Freehold.Messaging;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>Makes every queue there is, and the poison queue of each, in every storage account that functions name.</summary>
internal sealed class QueueCreation(FunctionCatalog functions, StorageConnections storage, HostStop stop, TimeProvider time) : IListener
{
    public async Task RunAsync()
    {
        var outage = new BackOff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
        foreach (IGrouping<string, string> account in functions.Queues().GroupBy(pair => pair.Connection, pair => pair.Queue))
        {
            while (!stop.Draining.IsCancellationRequested && !await CreatedAsync(account.Key, account))
            {
                await Task.Delay(outage.Next(), time, stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> CreatedAsync(string connection, IEnumerable<string> named)
    {
        StorageAvailability availability = storage.Availability(connection);
        try
        {
            foreach (string name in NamesFor(named))
            {
                QueueClient queue = storage.Queue(connection, name);
                await queue.CreateIfNotExistsAsync(cancellationToken: stop.Draining);
            }

            availability.Back();
            return true;
        }
        catch (Exception exception) when (StorageAvailability.IsStorageFailure(exception))
        {
            if (!stop.Draining.IsCancellationRequested)
            {
                availability.Lost(exception);
            }

            return false;
        }
    }

    private static IEnumerable<string> NamesFor(IEnumerable<string> named)
    {
        IEnumerable<string> others = named.Select(QueueNames.Resolve).Where(name => !name.IsPoison).Select(name => name.Queue);
        return Queues.All.Union(others).SelectMany(queue => new[] { queue, QueueNames.PoisonOf(queue) });
    }
}
