using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Freehold.Tests.Ai;

/// <summary>A chat endpoint on this machine that speaks as OpenAI's does, and follows a script, one step a request.</summary>
internal sealed class ChatServer : IAsyncDisposable
{
    private ScriptedServer _server = null!;

    private ChatServer()
    {
    }

    public Uri Endpoint => new(_server.Root, "v1");

    public Uri Root => _server.Root;

    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>Done when a caller has closed its connection in the middle of an answer.</summary>
    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<ChatServer> StartAsync()
    {
        ChatServer server = new();
        server._server = await ScriptedServer.StartAsync((_, _) => throw new InvalidOperationException("The script is over."));
        return server;
    }

    /// <summary>The next request is answered by what is made of it.</summary>
    public ChatServer Then(Func<HttpContext, Received, Task> step)
    {
        _server.Then((context, body) =>
        {
            Received received = Receive(context, body);
            Requests.Enqueue(received);
            return step(context, received);
        });
        return this;
    }

    public ChatServer ThenSay(params string[] pieces) => Then((context, _) => SayAllAsync(context, pieces));

    public ChatServer ThenStatus(int status, params (string Name, string Value)[] headers) =>
        Then((context, _) => ScriptedServer.RefuseAsync(context, status, headers));

    public ChatServer ThenSayAndStall(string piece) => Then(async (context, _) =>
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

    public ChatServer ThenSayAndCut(string piece) => Then(async (context, _) =>
    {
        await SayAsync(context, piece);

        // What is still on its way is lost with the connection.
        await Task.Delay(300);
        context.Abort();
    });

    /// <summary>A whole answer, with the tokens used.</summary>
    public static async Task SayAllAsync(HttpContext context, params string[] pieces)
    {
        foreach (string piece in pieces)
        {
            await SayAsync(context, piece);
        }

        await SayAsync(context, string.Empty, "stop");
        await context.Response.WriteAsync(
            """data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}""" + "\n\ndata: [DONE]\n\n");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

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

    private static Received Receive(HttpContext context, string json)
    {
        JsonElement body = JsonElement.Parse(json);
        return new Received(
            context.Request.Path + context.Request.QueryString,
            context.Request.Headers.Authorization.ToString(),
            body.GetProperty("model").GetString()!,
            [.. body.GetProperty("messages").EnumerateArray().Select(message =>
                (message.GetProperty("role").GetString()!, message.GetProperty("content") is { ValueKind: JsonValueKind.String } text
                    ? text.GetString()!
                    : string.Concat(message.GetProperty("content").EnumerateArray().Select(part => part.GetProperty("text").GetString()))))]);
    }

    internal sealed record Received(string Path, string Authorization, string Model, IReadOnlyList<(string Role, string Text)> Messages)
    {
        /// <summary>What the model is told to do.</summary>
        public string Rules => Messages.Single(message => message.Role is "system" or "developer").Text;

        /// <summary>What it is told that is data.</summary>
        public string Data => Messages.Single(message => message.Role == "user").Text;
    }
}
