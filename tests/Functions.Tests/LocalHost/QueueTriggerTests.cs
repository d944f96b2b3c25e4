using System.Text;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.Messaging;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class QueueTriggerTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>, IAsyncLifetime
{
    private QueueClient _work = null!;
    private QueueClient _poison = null!;

    public async Task InitializeAsync()
    {
        if (AzuriteServer.Executable is null)
        {
            return;
        }

        _work = azurite.Queue("work");
        _poison = azurite.Queue("work-poison");
        await _work.CreateIfNotExistsAsync();
        await _poison.CreateIfNotExistsAsync();
        await _work.ClearMessagesAsync();
        await _poison.ClearMessagesAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [AzuriteFact]
    public async Task Every_queue_and_its_poison_queue_are_made_at_the_start()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);
        var service = new QueueServiceClient(azurite.ConnectionString);

        foreach (string name in Queues.All.Append("work").SelectMany(name => new[] { name, name + "-poison" }))
        {
            await UntilAsync(async () => await service.GetQueueClient(name).ExistsAsync());
        }
    }

    [AzuriteFact]
    public async Task A_message_is_handled_once_and_then_gone()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(number => _work.SendMessageAsync($"{{\"number\":{number}}}")));

        await host.Invocations.UntilAsync(seen => seen.Count >= 100);
        await UntilAsync(() => IsEmptyAsync(_work));
        Assert.Equal(100, host.Invocations.Seen.Distinct().Count());
        Assert.Equal(100, host.Invocations.Seen.Count);
    }

    [AzuriteTheory]
    [InlineData("{\"plain\":\"ü\"}", "{\"plain\":\"ü\"}")]
    [InlineData("eyJjb2RlZCI6IsO8In0=", "{\"coded\":\"ü\"}")]
    [InlineData("W10=", "[]")]
    [InlineData("cGxhaW4=", "cGxhaW4=")]
    [InlineData("just words", "just words")]
    public async Task A_body_is_plain_text_or_base64_of_JSON(string body, string text)
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);

        await _work.SendMessageAsync(body);

        await host.Invocations.UntilAsync(seen => seen.Count > 0);
        Assert.Equal(text, Assert.Single(host.Invocations.Seen));
    }

    [AzuriteFact]
    public async Task At_most_sixteen_run_at_a_time_and_the_rest_stays_held()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);
        var gate = new TaskCompletionSource();
        host.Invocations.Behaviour = (_, _) => gate.Task;

        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => _work.SendMessageAsync($"{number}")));
        await host.Invocations.UntilAsync(seen => seen.Count == 16);
        await Task.Delay(500);

        Assert.Equal(16, host.Invocations.Seen.Count);
        gate.SetResult();
        await host.Invocations.UntilAsync(seen => seen.Distinct().Count() == 40);
        Assert.Equal(40, host.Invocations.Seen.Count);
    }

    [AzuriteFact]
    public async Task A_message_stays_hidden_for_as_long_as_its_function_runs()
    {
        await using RunningHost host = await RunningHost.StartAsync(
            [typeof(WorkFunction)], azurite.ConnectionString, options: options => options.Visibility = TimeSpan.FromSeconds(2));
        host.Invocations.Behaviour = (_, cancellationToken) => Task.Delay(TimeSpan.FromSeconds(7), cancellationToken);

        await _work.SendMessageAsync("slow");
        await host.Invocations.UntilAsync(seen => seen.Count > 0);

        await UntilAsync(() => IsEmptyAsync(_work));
        Assert.Equal("slow", Assert.Single(host.Invocations.Seen));
    }

    [AzuriteFact]
    public async Task A_message_that_fails_is_delivered_five_times_and_then_poison()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);
        host.Invocations.Behaviour = (_, _) => throw new InvalidOperationException("no");

        await _work.SendMessageAsync("{\"bad\":1}");

        TimeSpan took = await host.Invocations.UntilAsync(_ => host.Log.Count(9011) == 1);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Equal(5, host.Invocations.Seen.Count);
        await UntilAsync(() => IsEmptyAsync(_work));
        Assert.Equal("{\"bad\":1}", Assert.Single((await _poison.PeekMessagesAsync(32)).Value).Body.ToString());
        Assert.Equal(5, host.Log.Count(9010));
    }

    [AzuriteFact]
    public async Task A_message_whose_last_delivery_died_with_its_process_goes_to_poison_without_another()
    {
        await _work.SendMessageAsync("deadly");
        for (int delivery = 0; delivery < 5; delivery++)
        {
            QueueMessage message = await _work.ReceiveMessageAsync(TimeSpan.FromSeconds(60));
            await _work.UpdateMessageAsync(message.MessageId, message.PopReceipt, (string?)null, TimeSpan.Zero);
        }

        await using RunningHost host = await RunningHost.StartAsync([typeof(WorkFunction)], azurite.ConnectionString);

        await UntilAsync(async () => (await _poison.PeekMessagesAsync(1)).Value.Length == 1);
        Assert.Empty(host.Invocations.Seen);
    }

    [AzuriteFact]
    public async Task A_trigger_on_the_dead_letter_queue_drains_the_poison_queue()
    {
        Type[] functions = [typeof(WorkFunction), typeof(DrainFunction)];
        await using RunningHost host = await RunningHost.StartAsync(functions, azurite.ConnectionString);
        host.Invocations.Behaviour = (what, _) => what == "bad" ? throw new InvalidOperationException("no") : Task.CompletedTask;

        await _work.SendMessageAsync("bad");

        await host.Invocations.UntilAsync(seen => seen.Contains("drained bad"));
        await UntilAsync(() => IsEmptyAsync(_poison));
    }

    [AzuriteFact]
    public async Task A_poison_message_that_fails_on_stays_in_the_poison_queue()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(DrainFunction)], azurite.ConnectionString);
        host.Invocations.Behaviour = (_, _) => throw new InvalidOperationException("no");

        await _poison.SendMessageAsync("worse");

        await host.Invocations.UntilAsync(_ => host.Log.Count(9012) == 1);
        Assert.Equal(5, host.Invocations.Seen.Count);
        Assert.Equal(1, (await _poison.GetPropertiesAsync()).Value.ApproximateMessagesCount);
    }

    [AzuriteFact]
    public async Task What_this_host_sends_is_handled_at_once()
    {
        Type[] functions = [typeof(WorkFunction), typeof(RelayFunction)];
        await using RunningHost host = await RunningHost.StartAsync(functions, azurite.ConnectionString);
        await azurite.Queue("relay").CreateIfNotExistsAsync();
        await Task.Delay(2500);

        await azurite.Queue("relay").SendMessageAsync(Encoding.UTF8.GetString("{}"u8));

        await host.Invocations.UntilAsync(seen => seen.Contains("relayed"));
        TimeSpan took = await host.Invocations.UntilAsync(seen => seen.Contains("{}"));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
    }

    private static async Task<bool> IsEmptyAsync(QueueClient queue) =>
        (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount == 0;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
