using Freehold.LocalHost.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost.HttpTriggers;

/// <summary>Puts the HTTP functions on their routes, and the server on the loopback interface alone.</summary>
internal static class HttpFunctions
{
    private const string Prefix = "api/";

    public static void ListenOnLoopback(this WebApplication application)
    {
        int port = application.Services.GetRequiredService<IOptions<LocalHostOptions>>().Value.Port;

        // "localhost" means 127.0.0.1 and, where there is one, ::1; but it can't choose one free port for both.
        application.Urls.Add(port == 0 ? "http://127.0.0.1:0" : $"http://localhost:{port}");
    }

    public static void MapFunctions(this WebApplication application, FunctionCatalog functions)
    {
        foreach ((Function function, HttpTriggerAttribute trigger) in functions.Of<HttpTriggerAttribute>())
        {
            string route = Prefix + function.Route;
            var handler = ActivatorUtilities.CreateInstance<HttpFunctionHandler>(application.Services, function);
            RequestDelegate serve = handler.ServeAsync;
            IEndpointConventionBuilder endpoint = trigger.Methods is []
                ? application.Map(route, serve)
                : application.MapMethods(route, trigger.Methods.Select(method => method.ToUpperInvariant()), serve);
            endpoint.WithDisplayName(function.Name);
        }
    }
}
