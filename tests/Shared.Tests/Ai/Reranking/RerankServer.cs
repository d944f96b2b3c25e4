using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Freehold.Tests.Ai.Reranking;

/// <summary>
/// An endpoint on this machine that reranks as Cohere's does. It follows a script, one step a request, and then answers well: a text
/// is the better, the more often it has the letter x.
/// </summary>
internal sealed class RerankServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<Func<HttpListenerContext, Received, Task>> _script = new();
    private readonly CancellationTokenSource _end = new();
    private readonly string _address;
    private readonly Task _serving;

    private RerankServer()
    {
        using System.Net.Sockets.TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        _listener.Prefixes.Add(_address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Endpoint => _address + "/v1";

    public ConcurrentQueue<Received> Requests { get; } = new();

    public static RerankServer Start() => new();

    public static double ScoreOf(string text) => text.Count(letter => letter == 'x');

    public RerankServer Then(Func<HttpListenerContext, Received, Task> step, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _script.Enqueue(step);
        }

        return this;
    }

    public RerankServer ThenStatus(int status, int times = 1, params (string Name, string Value)[] headers) => Then(
        (context, _) =>
        {
            context.Response.StatusCode = status;
            foreach ((string name, string value) in headers)
            {
                context.Response.AddHeader(name, value);
            }

            return SayAsync(context, """{"message":"You sent: the secret text"}""");
        },
        times);

    public RerankServer ThenAnswer(string json) => Then((context, _) => SayAsync(context, json));

    /// <summary>Begins an answer, and does not go on.</summary>
    public RerankServer ThenStall(int times = 1) => Then(
        async (context, _) =>
        {
            await SayAsync(context, """{"results":[{"index":0,""", isAll: false);
            await Task.Delay(Timeout.Infinite, _end.Token);
        },
        times);

    /// <summary>Breaks off in the middle of an answer.</summary>
    public RerankServer ThenCut() => Then(async (context, _) =>
    {
        context.Response.ContentLength64 = 1000;
        await SayAsync(context, """{"results":[{"index":0,""", isAll: false);
        context.Response.Abort();
    });

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Close();
        await _serving;
        _end.Dispose();
    }

    private static Task AnswerWellAsync(HttpListenerContext context, Received received)
    {
        var results = received.Texts
            .Select((text, index) => new { index, relevance_score = ScoreOf(text), document = new { text } })
            .OrderByDescending(result => result.relevance_score);
        return SayAsync(context, JsonSerializer.Serialize(new { id = "1", results, usage = new { total_tokens = 7 }, meta = new { billed_units = new { search_units = 1 } } }));
    }

    private static async Task SayAsync(HttpListenerContext context, string text, bool isAll = true)
    {
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        await context.Response.OutputStream.FlushAsync();
        if (isAll)
        {
            context.Response.Close();
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.InputStream);
            JsonElement root = body.RootElement;
            Received received = new(
                context.Request.Url!.AbsolutePath,
                context.Request.Headers["Authorization"] ?? string.Empty,
                root.GetProperty("model").GetString()!,
                root.GetProperty("query").GetString()!,
                [.. root.GetProperty("documents").EnumerateArray().Select(text => text.GetString()!)],
                root.GetProperty("top_n").GetInt32(),
                TimeProvider.System.GetTimestamp());
            Requests.Enqueue(received);
            await (_script.TryDequeue(out var step) ? step : AnswerWellAsync)(context, received);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            // Whoever asked has gone, or the test has ended.
        }
    }

    internal sealed record Received(string Path, string Authorization, string Model, string Query, IReadOnlyList<string> Texts, int TopN, long At);
}
