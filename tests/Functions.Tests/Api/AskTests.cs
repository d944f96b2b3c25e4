using System.Net;
using System.Text;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

/// <summary>Questions by HTTP, without a chat model.</summary>
[Collection(HostTests.Name)]
public sealed class AskTests(HostFixture host)
{
    private const string Text = "The Larkspur shed was painted blue by Anna Bell in 1987. Nobody knows why she chose that colour.";

    [HostFact]
    public async Task Answer_cites_the_documents_own_text_and_what_is_not_there_is_declined()
    {
        (string tenant, string key) = await PreparedAsync();

        (HttpStatusCode status, JsonElement answer) = await AskAsync(tenant, key, """{"question":"Who painted the Larkspur shed blue?"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(answer.GetProperty("answered").GetBoolean(), answer.GetRawText());
        Assert.Equal("extractive", answer.GetProperty("kind").GetString());
        Assert.Contains("Anna Bell", answer.GetProperty("answer").GetString(), StringComparison.Ordinal);
        using HttpRequestMessage request = new(HttpMethod.Get, $"tenants/{tenant}/documents/shed.txt?content=text");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        using HttpResponseMessage extracted = await host.Http.SendAsync(request);
        string text = await extracted.Content.ReadAsStringAsync();
        Assert.All(answer.GetProperty("citations").EnumerateArray(), citation => Assert.Equal(
            text[citation.GetProperty("start").GetInt32()..citation.GetProperty("end").GetInt32()], citation.GetProperty("text").GetString()));

        (_, JsonElement declined) = await AskAsync(tenant, key, """{"question":"How many moons does Jupiter have?"}""");
        Assert.False(declined.GetProperty("answered").GetBoolean());
        Assert.Equal(0, declined.GetProperty("citations").GetArrayLength());
    }

    [HostFact]
    public async Task Events_are_the_sources_the_text_and_the_whole_answer()
    {
        (string tenant, string key) = await PreparedAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, $"tenants/{tenant}/ask")
        {
            Content = new StringContent("""{"question":"Who painted the Larkspur shed blue?"}""", Encoding.UTF8),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");

        using HttpResponseMessage response = await host.Http.SendAsync(request);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["sources", "delta", "done"], events.Select(each => each.Split('\n')[0]["event: ".Length..]));
        Assert.True(JsonElement.Parse(events[^1].Split('\n')[1]["data: ".Length..]).GetProperty("answered").GetBoolean());
    }

    [HostFact]
    public async Task What_is_no_question_or_no_key_for_it_is_refused()
    {
        (string tenant, string key) = await host.ProvisionAsync("search");
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(tenant, key, """{"question":"Who?"}""")).Status);

        (tenant, key) = await host.ProvisionAsync("ask");
        foreach ((string body, string problem) in ((string, string)[])[
            ("{}", "empty-question"),
            ("""{"question":"Who?","history":[{"role":"system","content":"a"}]}""", "invalid-history"),
            ("""{"question":"Who?","limit":0}""", "invalid-limit"),
            ("""{"question":"Who?","language":"no code"}""", "unknown-language")])
        {
            (HttpStatusCode status, JsonElement refusal) = await AskAsync(tenant, key, body);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.EndsWith("/" + problem, refusal.GetProperty("type").GetString(), StringComparison.Ordinal);
        }
    }

    private async Task<(string Tenant, string Key)> PreparedAsync()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/shed.txt", key, Text);
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/garden.txt", key, "The garden is closed on Mondays. Tickets are sold at the gate.");
        await host.SettledAsync(tenant, key, "shed.txt");
        await host.SettledAsync(tenant, key, "garden.txt");
        return (tenant, key);
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(string tenant, string key, string body) =>
        host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/ask", key, body);
}
