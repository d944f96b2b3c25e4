using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Freehold.Messaging;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>
/// Sends messages again that are in the queues, late or at once, takes some out and puts them at the end, and adds such as nobody sent:
/// of other tenants' paths, of no tenant, of documents that are not there.
/// </summary>
internal sealed class QueueMeddler(string storage, IReadOnlyList<Guid> tenants, IReadOnlyList<(string Tenant, string Path)> documents, Random random)
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    /// <summary>What it has done so far.</summary>
    public int Count { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (string name in (string[])[Queues.Documents, Queues.Embeddings, Queues.BlobDeletions])
            {
                try
                {
                    await MeddleAsync(name, cancellationToken);
                }
                catch (Exception exception) when (exception is RequestFailedException or AggregateException or OperationCanceledException)
                {
                    // Storage is away, or there is no such queue yet.
                }
            }

            await Task.Delay(random.Next(50, 400), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task MeddleAsync(string name, CancellationToken cancellationToken)
    {
        QueueClient queue = new(storage, name);
        PeekedMessage[] waiting = await queue.PeekMessagesAsync(8, cancellationToken);
        foreach (PeekedMessage message in waiting.Where(_ => random.Next(4) == 0))
        {
            await SendAsync(queue, message.Body.ToString(), cancellationToken);
        }

        // Sent before it is taken away: one of the two may fail.
        QueueMessage[] taken = await queue.ReceiveMessagesAsync(3, TimeSpan.FromSeconds(2), cancellationToken);
        foreach (QueueMessage message in taken.OrderBy(_ => random.Next()))
        {
            await SendAsync(queue, message.Body.ToString(), cancellationToken);
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
        }

        if (random.Next(3) == 0)
        {
            await SendAsync(queue, Invented(name), cancellationToken);
        }
    }

    private async Task SendAsync(QueueClient queue, string body, CancellationToken cancellationToken)
    {
        TimeSpan late = TimeSpan.FromSeconds(random.Next(3) * random.Next(4));
        await queue.SendMessageAsync(body, late, Forever, cancellationToken);
        Count++;
    }

    private string Invented(string queue)
    {
        (string tenant, string path) = documents[random.Next(documents.Count)];
        Guid uid = random.Next(5) == 0 ? Guid.NewGuid() : tenants[random.Next(tenants.Count)];
        path = random.Next(5) == 0 ? $"nowhere/{random.Next(10)}.txt" : path;
        return queue switch
        {
            Queues.Documents => DocumentChanged.For(uid, path),
            Queues.Embeddings => EmbeddingDue.For(uid, path),
            _ => JsonSerializer.Serialize(new
            {
                eventType = "Microsoft.Storage.BlobDeleted",
                subject = $"/blobServices/default/containers/documents/blobs/{tenant}/{path}",
            }),
        };
    }
}
