using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost.Worker;

namespace Freehold.Functions.Tests.LocalHost;

internal sealed class WorkFunction(Invocations invocations)
{
    [Function("Work")]
    public Task RunAsync([ServiceBusTrigger("work", Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        invocations.RunAsync(message, cancellationToken);
}

internal sealed class RelayFunction(Invocations invocations)
{
    [Function("Relay")]
    [ServiceBusOutput("work", Connection = "ServiceBus")]
    public Task<string?> RunAsync([ServiceBusTrigger("relay", Connection = "ServiceBus")] string message)
    {
        invocations.Add("relayed");
        return Task.FromResult<string?>(message);
    }
}

internal sealed class DrainFunction(Invocations invocations)
{
    [Function("Drain")]
    public Task RunAsync(
        [ServiceBusTrigger("work/$DeadLetterQueue", Connection = "ServiceBus")] string message, CancellationToken cancellationToken) =>
        invocations.RunAsync("drained " + message, cancellationToken);
}
