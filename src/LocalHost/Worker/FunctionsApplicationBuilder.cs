using Freehold.LocalHost.HttpTriggers;
using Freehold.LocalHost.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Freehold.LocalHost.Worker;

/// <summary>Collects services and settings, then makes the host. A function of a shape that the host can't serve fails the start.</summary>
public sealed class FunctionsApplicationBuilder
{
    private readonly WebApplicationBuilder _inner;
    private readonly FunctionCatalog _functions;

    internal FunctionsApplicationBuilder(string[] args, IEnumerable<Type> types)
    {
        _inner = WebApplication.CreateSlimBuilder(args);
        _functions = FunctionCatalog.Scan(types);
        _inner.AddLocalHost(_functions);
    }

    /// <summary>The services that functions are made from.</summary>
    public IServiceCollection Services => _inner.Services;

    /// <summary>Environment variables and command line, the latter first.</summary>
    public ConfigurationManager Configuration => _inner.Configuration;

    internal bool ServesHttp { get; set; }

    /// <summary>Makes the host.</summary>
    public IHost Build()
    {
        // Added last, so that functions run only after everything else has started.
        Services.AddHostedService<Listeners>();
        WebApplication application = _inner.Build();
        application.ListenOnLoopback();
        if (ServesHttp)
        {
            application.MapFunctions(_functions);
        }

        return application;
    }
}
