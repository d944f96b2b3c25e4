using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.Storage;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>Puts messages into queues as plain text, and wakes those who listen there.</summary>
internal sealed class QueueSender(StorageConnections storage, WakeUps wakeUps)
{
    /// <summary>A storage queue forgets messages after a week unless told otherwise.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    private readonly ConcurrentDictionary<(string Connection, string Queue), QueueClient> _clients = new();

    /// <summary>Sends what a function's result holds for its outputs, in order. Throws when something could not be sent.</summary>
    public async Task SendAsync(FunctionOutputs outputs, object? result, CancellationToken cancellationToken)
    {
        if (result is null)
        {
            return;
        }

        foreach (MessageOutput output in outputs.Messages)
        {
            foreach (string message in output.MessagesIn(result))
            {
                await SendAsync(output.Connection, output.Queue, message, cancellationToken);
            }
        }
    }

    public async Task SendAsync(string connection, string queue, string message, CancellationToken cancellationToken)
    {
        QueueClient client = _clients.GetOrAdd((connection, queue), key => storage.Queue(key.Connection, key.Queue));
        try
        {
            await PutAsync();
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            // Azurite was emptied under a running host.
            await client.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await PutAsync();
        }

        wakeUps.Of(queue).Set();

        Task PutAsync() => client.SendMessageAsync(message, visibilityTimeout: null, timeToLive: Forever, cancellationToken);
    }
}
