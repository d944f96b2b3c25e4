using System.Diagnostics;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class StopTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [AzuriteFact]
    public async Task A_stop_waits_for_running_functions_and_completes_their_messages()
    {
        QueueClient work = await EmptyWorkAsync();
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);
        host.Invocations.Behaviour = (_, cancellationToken) => Task.Delay(1500, cancellationToken);
        await work.SendMessageAsync("slow");
        await host.Invocations.UntilAsync(seen => seen.Count == 1);

        await host.StopAsync();

        Assert.Equal(0, (await work.GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [AzuriteFact]
    public async Task After_the_grace_period_functions_are_cancelled_and_all_that_is_held_is_released()
    {
        QueueClient work = await EmptyWorkAsync();
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString, options: ShortGrace);
        host.Invocations.Behaviour = (_, cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => work.SendMessageAsync($"{number}")));
        await host.Invocations.UntilAsync(seen => seen.Count == 16);

        var watch = Stopwatch.StartNew();
        await host.StopAsync();

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2.5));
        Assert.Equal(20, await VisibleAsync(work));
        Assert.Equal(16, host.Invocations.Seen.Count);
        Assert.Equal(0, host.Log.Count(9010));
    }

    [AzuriteFact]
    public async Task A_function_that_ignores_its_cancellation_does_not_keep_its_message_hidden()
    {
        QueueClient work = await EmptyWorkAsync();
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString, options: ShortGrace);
        host.Invocations.Behaviour = (_, _) => Task.Delay(TimeSpan.FromSeconds(30), CancellationToken.None);
        await work.SendMessageAsync("deaf");
        await host.Invocations.UntilAsync(seen => seen.Count == 1);

        await host.StopAsync();

        Assert.Equal(1, await VisibleAsync(work));
    }

    private static void ShortGrace(LocalHostOptions options) => options.StopGrace = TimeSpan.FromMilliseconds(500);

    private static async Task<int> VisibleAsync(QueueClient queue)
    {
        QueueMessage[] messages = await queue.ReceiveMessagesAsync(32, TimeSpan.FromSeconds(1));
        return messages.Length;
    }

    private async Task<QueueClient> EmptyWorkAsync()
    {
        QueueClient work = azurite.Queue("work");
        await work.CreateIfNotExistsAsync();
        await work.ClearMessagesAsync();
        return work;
    }
}
