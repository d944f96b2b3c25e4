using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Freehold.LocalHost.Storage;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>The storage queue behind a trigger, and the one for messages that it can't get rid of.</summary>
internal sealed class ListenedQueue
{
    private readonly QueueClient _client;
    private readonly QueueSender _sender;
    private readonly TimeProvider _time;
    private readonly TimeSpan _visibility;
    private readonly string _connection;

    public ListenedQueue(
        ServiceBusTriggerAttribute trigger,
        StorageConnections storage,
        QueueSender sender,
        IOptions<LocalHostOptions> options,
        TimeProvider time)
    {
        (Name, IsPoison) = QueueNames.Resolve(trigger.QueueName);
        (_sender, _time, _visibility, _connection) = (sender, time, options.Value.Visibility, trigger.Connection!);
        _client = storage.Queue(_connection, Name);
        Availability = storage.Availability(_connection);
    }

    public string Name { get; }

    /// <summary>Whether it is the end of the line: no further queue takes its failures.</summary>
    public bool IsPoison { get; }

    public string PoisonName => QueueNames.PoisonOf(Name);

    public StorageAvailability Availability { get; }

    public async Task<IReadOnlyList<HeldMessage>> ReceiveAsync(int count, CancellationToken cancellationToken)
    {
        QueueMessage[] messages = await _client.ReceiveMessagesAsync(count, _visibility, cancellationToken);
        return [.. messages.Select(message => new HeldMessage(_client, message, _visibility, _time))];
    }

    /// <summary>Copies a message to the poison queue. The original is completed after that: a crash in between loses neither.</summary>
    public Task CopyToPoisonAsync(HeldMessage message) =>
        _sender.SendAsync(_connection, PoisonName, message.Body, CancellationToken.None);

    public Task CreateAsync(CancellationToken cancellationToken) => _client.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
}
