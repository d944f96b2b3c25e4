using System.Net;
using System.Text;
using System.Text.Json;
using Freehold.Tests.Ai;

namespace Freehold.Functions.Tests.Api;

/// <summary>Answers that a chat model writes, over HTTP: what the caller sees when it breaks off, and what it sees when the caller does.</summary>
[Collection(HostTests.Name)]
public sealed class AnswerStreamTests(HostFixture host) : IAsyncLifetime
{
    private readonly int _port = HostProcess.FreePort();
    private ChatServer _model = null!;
    private HostProcess? _process;

    public async Task InitializeAsync()
    {
        _model = await ChatServer.StartAsync();
        if (HostFixture.Missing is null)
        {
            _process = host.StartAnother(_port, new Dictionary<string, string>
            {
                ["Ai__Chat__Provider"] = "OpenAI",
                ["Ai__Chat__Endpoint"] = _model.Endpoint.AbsoluteUri,
                ["Ai__Chat__Model"] = "m",
            });
            await HostFixture.EventuallyAsync(
                TimeSpan.FromSeconds(60), async () => (await host.Http.GetAsync(Address("health/ready"))).IsSuccessStatusCode);
        }
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.StopAsync();
        }

        await _model.DisposeAsync();
    }

    [HostFact]
    public async Task Answer_that_breaks_off_ends_with_an_error_and_one_that_nobody_reads_ends_at_the_model()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(
            HttpMethod.Put, $"tenants/{tenant}/documents/shed.txt", key, "The Larkspur shed was painted blue by Anna Bell in 1987.");
        await host.SettledAsync(tenant, key, "shed.txt");

        _model.ThenSayAndCut("Anna");
        using (HttpResponseMessage cut = await AskAsync(tenant, key))
        {
            string[] events = (await cut.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(["sources", "delta", "error"], events.Select(each => each.Split('\n')[0]["event: ".Length..]));
            JsonElement problem = JsonElement.Parse(events[^1].Split('\n')[1]["data: ".Length..]);
            Assert.EndsWith("/chat-unavailable", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain("shed", problem.GetRawText(), StringComparison.Ordinal);
        }

        _model.ThenSayAndStall("Anna");
        using (HttpResponseMessage stalled = await AskAsync(tenant, key))
        {
            using StreamReader reader = new(await stalled.Content.ReadAsStreamAsync());
            string? line;
            do
            {
                line = await reader.ReadLineAsync();
            }
            while (line != "event: delta");

            Assert.False(_model.Closed.Task.IsCompleted);
        }

        await _model.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task<HttpResponseMessage> AskAsync(string tenant, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Address($"tenants/{tenant}/ask"))
        {
            Content = new StringContent("""{"question":"Who painted the Larkspur shed blue?"}""", Encoding.UTF8),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        HttpResponseMessage response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    private Uri Address(string path) => new($"http://localhost:{_port}/api/{path}");
}
