using Freehold.LocalHost.QueueTriggers;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.LocalHost.Invocation;

/// <summary>Runs a function that is not called over HTTP: a scope of its own, then its messages. What it throws comes out.</summary>
internal sealed class FunctionRunner(IServiceScopeFactory scopes, QueueSender sender, HostStop stop, TimeProvider time)
{
    /// <summary>Completes when the function's messages are sent; is cancelled when the host stops and waits no longer.</summary>
    public async Task RunAsync(Function function, object trigger)
    {
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        var context = new InvocationContext(scope.ServiceProvider, time, stop.Cancelling);
        object? result = await function.InvokeAsync(context, trigger, routeValues: null).AsTask().WaitAsync(stop.GivenUp);
        await sender.SendAsync(function.Outputs, result, stop.GivenUp);
    }
}
