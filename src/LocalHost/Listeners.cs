using Freehold.LocalHost.Invocation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Freehold.LocalHost;

/// <summary>Runs the listeners from the start of the host to its stop.</summary>
internal sealed class Listeners(
    ListenerFactory factory,
    FunctionCatalog functions,
    IServer server,
    IHostApplicationLifetime lifetime,
    ILogger<Listeners> logger) : IHostedService
{
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll([.. factory.Make().Select(listener => listener.RunAsync())]);
        lifetime.ApplicationStarted.Register(() =>
            Log.Started(logger, functions.Count, string.Join(" ", server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])));
        return Task.CompletedTask;
    }

    /// <summary>They were told to stop when the application began to; here they are waited for.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _running.WaitAsync(cancellationToken);
}
