using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.QueueTriggers;
using Freehold.LocalHost.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost;

internal static class LocalHostServices
{
    /// <summary>Time for listeners to release what they hold, after the last invocation was given up.</summary>
    private static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(10);

    public static void AddLocalHost(this WebApplicationBuilder builder, FunctionCatalog functions)
    {
        IServiceCollection services = builder.Services;
        services.AddOptions<LocalHostOptions>().BindConfiguration(LocalHostOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LocalHostOptions>, LocalHostOptionsValidator>();
        services.AddOptions<HostOptions>().Configure<IOptions<LocalHostOptions>>((host, local) =>
            host.ShutdownTimeout = local.Value.StopGrace + HostStop.Patience + ReleaseTime);
        services.Configure<RouteOptions>(routes => routes.SetParameterPolicy<RegexInlineRouteConstraint>("regex"));
        builder.WebHost.ConfigureKestrel(server => server.AddServerHeader = false);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(functions);
        services.AddSingleton<HostStop>();
        services.AddSingleton<StorageConnections>();
        services.AddSingleton<WakeUps>();
        services.AddSingleton<QueueSender>();
        services.AddSingleton<FunctionRunner>();
        services.AddSingleton<ListenerFactory>();

        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter(typeof(Listeners).FullName, LogLevel.Information);
    }
}
