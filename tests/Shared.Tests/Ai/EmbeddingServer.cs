using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Freehold.Tests.Ai;

/// <summary>
/// An endpoint on this machine that speaks as OpenAI's does. It follows a script, one step a request, and then answers well: with vectors that
/// it is given, or one whose first number is the text's length.
/// </summary>
internal sealed class EmbeddingServer : IAsyncDisposable
{
    public const int Dimensions = 4;

    private ScriptedServer _server = null!;

    private readonly Func<string, float[]> _embed;

    private EmbeddingServer(Func<string, float[]> embed) => _embed = embed;

    public Uri Endpoint => new(_server.Root, "v1");

    public Uri Root => _server.Root;

    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>Starts it.</summary>
    /// <param name="embed">The vector of a text; null where only its length matters.</param>
    public static async Task<EmbeddingServer> StartAsync(Func<string, float[]>? embed = null)
    {
        EmbeddingServer server = new(embed ?? (text => [text.Length, 0, 0, 1]));
        server._server = await ScriptedServer.StartAsync((context, body) => server.AnswerWellAsync(context, server.Receive(context, body)));
        return server;
    }

    public EmbeddingServer Then(Func<HttpContext, Received, Task> step, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _server.Then((context, body) => step(context, Receive(context, body)));
        }

        return this;
    }

    public EmbeddingServer ThenStatus(int status, int times = 1, params (string Name, string Value)[] headers) =>
        Then((context, _) => ScriptedServer.RefuseAsync(context, status, headers), times);

    public EmbeddingServer ThenAnswer(string json) => Then((context, _) => context.Response.WriteAsync(json));

    private Task AnswerWellAsync(HttpContext context, Received received) =>
        AnswerAsync(context, received.Texts.Select((text, index) => (index, _embed(text))));

    public static async Task AnswerAsync(HttpContext context, IEnumerable<(int Index, float[] Vector)> vectors)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(new
        {
            @object = "list",
            data = vectors.Select(vector => new { @object = "embedding", index = vector.Index, embedding = vector.Vector }),
            model = "m",
            usage = new { prompt_tokens = 7, total_tokens = 7 },
        }));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Received Receive(HttpContext context, string json)
    {
        JsonElement body = JsonElement.Parse(json);
        Received received = new(
            context.Request.Path,
            context.Request.Headers.Authorization.ToString(),
            body.GetProperty("model").GetString()!,
            [.. body.GetProperty("input").EnumerateArray().Select(text => text.GetString()!)],
            body.TryGetProperty("dimensions", out JsonElement dimensions) ? dimensions.GetInt32() : null,
            TimeProvider.System.GetTimestamp());
        Requests.Enqueue(received);
        return received;
    }

    internal sealed record Received(string Path, string Authorization, string Model, IReadOnlyList<string> Texts, int? Dimensions, long At);
}
