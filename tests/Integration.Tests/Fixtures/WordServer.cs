using System.Net;
using System.Text;
using System.Text.Json;

namespace Freehold.Integration.Tests.Fixtures;

/// <summary>
/// An endpoint on this machine that speaks as OpenAI's does. A text's vector counts its words, so that what shares words is near, the same
/// for ever.
/// </summary>
internal sealed class WordServer : IAsyncDisposable
{
    public const int Dimensions = 24;
    public const string Model = "words-24";

    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private readonly string _address;

    public WordServer()
    {
        using System.Net.Sockets.TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        _listener.Prefixes.Add(_address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Whether it is away.</summary>
    public bool IsAway { get; set; }

    /// <summary>How long it thinks.</summary>
    public TimeSpan Thinks { get; set; }

    public int Requests { get; private set; }

    /// <summary>Settings of a host that has the model beside the embedded one.</summary>
    public Dictionary<string, string?> Settings(bool isDefault = false)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Ai:Models:0:Id"] = Model,
            ["Ai:Models:0:Provider"] = "OpenAI",
            ["Ai:Models:0:Endpoint"] = _address + "/v1",
            ["Ai:Models:0:Dimensions"] = $"{Dimensions}",
            ["Ai:Models:0:FirstPause"] = "00:00:00.01",
            ["Ai:Models:0:BreakDuration"] = "00:00:00.5",
            ["Ai:Models:0:TotalTimeout"] = "00:00:05",
            ["Ai:Models:0:QueryTimeout"] = "00:00:30",
            ["Ai:Models:0:ConcurrentRequests"] = "16",
            ["Ai:Models:0:PricePerMillionTokens"] = "0.5",
            ["Ai:Models:0:TokensPerMinute"] = "100000000",
        };
        if (isDefault)
        {
            settings["Ai:DefaultModel"] = Model;
        }

        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Requests++;
            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.InputStream);
            await Task.Delay(Thinks);
            context.Response.StatusCode = IsAway ? 503 : 200;
            context.Response.ContentType = "application/json";
            byte[] answer = JsonSerializer.SerializeToUtf8Bytes(new
            {
                @object = "list",
                model = Model,
                data = body.RootElement.GetProperty("input").EnumerateArray().Select((text, index) =>
                    new { @object = "embedding", index, embedding = Embed(text.GetString()!) }),
            });
            await context.Response.OutputStream.WriteAsync(IsAway ? Encoding.UTF8.GetBytes("{}") : answer);
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException or JsonException)
        {
            // Whoever asked has been killed.
        }
    }

    private static float[] Embed(string text)
    {
        float[] vector = new float[Dimensions];
        vector[0] = 0.01f;
        foreach (string word in text.ToLowerInvariant().Split([' ', '.', ',', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            uint hash = 2166136261;
            foreach (char letter in word)
            {
                hash = (hash ^ letter) * 16777619;
            }

            vector[1 + (hash % (Dimensions - 1))]++;
        }

        return vector;
    }
}
