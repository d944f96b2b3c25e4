using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Freehold.Tests.Ai;

/// <summary>A chat endpoint on this machine that speaks as OpenAI's does, and follows a script, one step a request.</summary>
internal sealed class ChatServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();

    private ChatServer(WebApplication app) => _app = app;

    public Uri Endpoint => new($"{_app.Urls.First()}/v1");

    /// <summary>The bodies of the requests.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Done when a caller has closed its connection in the middle of an answer.</summary>
    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<ChatServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        ChatServer server = new(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public ChatServer Then(Func<HttpContext, Task> step)
    {
        _script.Enqueue(step);
        return this;
    }

    public ChatServer ThenSay(params string[] pieces) => Then(async context =>
    {
        foreach (string piece in pieces)
        {
            await SayAsync(context, piece);
        }

        await SayAsync(context, string.Empty, "stop");
        await context.Response.WriteAsync(
            """data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}""" + "\n\ndata: [DONE]\n\n");
    });

    public ChatServer ThenStatus(int status, params (string Name, string Value)[] headers) => Then(context =>
    {
        context.Response.StatusCode = status;
        foreach ((string name, string value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return context.Response.WriteAsync("""{"error":{"message":"You sent: the secret text"}}""");
    });

    public ChatServer ThenSayAndStall(string piece) => Then(async context =>
    {
        await SayAsync(context, piece);
        try
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            Closed.TrySetResult();
        }
    });

    public ChatServer ThenSayAndCut(string piece) => Then(async context =>
    {
        await SayAsync(context, piece);

        // What is still on its way is lost with the connection.
        await Task.Delay(300);
        context.Abort();
    });

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static async Task SayAsync(HttpContext context, string piece, string? finish = null)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "text/event-stream";
        }

        string chunk = JsonSerializer.Serialize(new
        {
            id = "1",
            @object = "chat.completion.chunk",
            created = 1,
            model = "m",
            choices = new[] { new { index = 0, delta = new { role = "assistant", content = piece }, finish_reason = finish } },
        });
        await context.Response.WriteAsync($"data: {chunk}\n\n");
        await context.Response.Body.FlushAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        Requests.Enqueue(await reader.ReadToEndAsync());
        Func<HttpContext, Task> step = _script.TryDequeue(out Func<HttpContext, Task>? next) ? next : throw new InvalidOperationException("The script is over.");
        await step(context);
    }
}
