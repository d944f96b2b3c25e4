using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Freehold.Tests.Ai;

/// <summary>
/// An endpoint on this machine that speaks as OpenAI's does. It follows a script, one step a request, and then answers well: a vector whose
/// first number is the text's length.
/// </summary>
internal sealed class EmbeddingServer : IAsyncDisposable
{
    public const int Dimensions = 4;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Received, Task>> _script = new();

    private EmbeddingServer(WebApplication app) => _app = app;

    public Uri Endpoint => new($"{_app.Urls.First()}/v1");

    public Uri Root => new(_app.Urls.First());

    public ConcurrentQueue<Received> Requests { get; } = new();

    public static async Task<EmbeddingServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        EmbeddingServer server = new(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public EmbeddingServer Then(Func<HttpContext, Received, Task> step, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _script.Enqueue(step);
        }

        return this;
    }

    public EmbeddingServer ThenStatus(int status, int times = 1, params (string Name, string Value)[] headers) => Then(
        (context, _) =>
        {
            context.Response.StatusCode = status;
            foreach ((string name, string value) in headers)
            {
                context.Response.Headers[name] = value;
            }

            return context.Response.WriteAsync("""{"error":{"message":"You sent: the secret text"}}""");
        },
        times);

    public EmbeddingServer ThenAnswer(string json) => Then((context, _) => context.Response.WriteAsync(json));

    public static Task AnswerWellAsync(HttpContext context, Received received) =>
        AnswerAsync(context, received.Texts.Select((text, index) => (index, new float[] { text.Length, 0, 0, 1 })));

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

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        Received received = new(
            context.Request.Path,
            context.Request.Headers.Authorization.ToString(),
            body.RootElement.GetProperty("model").GetString()!,
            [.. body.RootElement.GetProperty("input").EnumerateArray().Select(text => text.GetString()!)],
            body.RootElement.TryGetProperty("dimensions", out JsonElement dimensions) ? dimensions.GetInt32() : null,
            TimeProvider.System.GetTimestamp());
        Requests.Enqueue(received);
        await (_script.TryDequeue(out var step) ? step : AnswerWellAsync)(context, received);
    }

    internal sealed record Received(string Path, string Authorization, string Model, IReadOnlyList<string> Texts, int? Dimensions, long At);
}
