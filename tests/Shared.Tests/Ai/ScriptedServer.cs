using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Freehold.Tests.Ai;

/// <summary>An endpoint on this machine. It follows a script, one step a request, and then does the same for each.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, string, Task>> _script = new();

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Root => new(_app.Urls.First());

    /// <summary>Starts it.</summary>
    /// <param name="otherwise">What it does after the script, with the request's body.</param>
    public static async Task<ScriptedServer> StartAsync(Func<HttpContext, string, Task> otherwise)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        ScriptedServer server = new(builder.Build());
        server._app.Run(async context =>
        {
            using StreamReader reader = new(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            await (server._script.TryDequeue(out Func<HttpContext, string, Task>? step) ? step : otherwise)(context, body);
        });
        await server._app.StartAsync();
        return server;
    }

    public void Then(Func<HttpContext, string, Task> step) => _script.Enqueue(step);

    /// <summary>Answers with a status, headers and words that repeat what was sent.</summary>
    public static Task RefuseAsync(HttpContext context, int status, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach ((string name, string value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return context.Response.WriteAsync("""{"error":{"message":"You sent: the secret text"}}""");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
