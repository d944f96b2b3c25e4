using System.Net;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

[Collection(HostTests.Name)]
public sealed class EvaluationApiTests(HostFixture host)
{
    private const string Body = """{"name":"nuts","questions":[{"query":"walnuts","relevant":[{"document":"a.txt"}]}],"modes":["hybrid"]}""";

    [HostFact]
    public async Task Evaluation_is_started_waited_for_compared_and_removed()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/a.txt", key, "Walnuts.");
        await host.SettledAsync(tenant, key, "a.txt");

        (HttpStatusCode status, JsonElement evaluation) = await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/evaluations?wait=30", key, Body);
        Assert.Equal((HttpStatusCode.OK, "done", "nuts"), (status, Text(evaluation, "state"), Text(evaluation, "name")));
        JsonElement ranking = evaluation.GetProperty("report").GetProperty("rankings")[0];
        Assert.Equal(1, ranking.GetProperty("ndcgAt10").GetProperty("mean").GetDouble());
        Assert.Equal(1, evaluation.GetProperty("questions")[0].GetProperty("rankings")[0].GetProperty("ranks")[0].GetInt32());
        string first = Text(evaluation, "id")!;

        // Without waiting, the queue carries it out.
        (status, evaluation) = await host.SendAsync(
            HttpMethod.Post, $"tenants/{tenant}/evaluations", key, Body[..^1] + $$""","against":"{{first}}","accept":{"minDelta":0} }""");
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (status, Text(evaluation, "state")));
        string second = Text(evaluation, "id")!;
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(30), async () =>
        {
            (_, evaluation) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/evaluations/{second}", key);
            return Text(evaluation, "state") == "done";
        });
        Assert.Equal("accepted", Text(evaluation.GetProperty("report").GetProperty("comparison"), "verdict"));

        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/evaluations?limit=1", key);
        Assert.Equal(second, Text(list.GetProperty("evaluations")[0], "id"));
        (_, list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/evaluations?cursor={Text(list, "cursor")}", key);
        Assert.Equal(first, Text(list.GetProperty("evaluations").EnumerateArray().Single(), "id"));

        (status, _) = await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}/evaluations/{first}", key);
        Assert.Equal(HttpStatusCode.NoContent, status);
        await RefusedAsync(404, "evaluation-not-found", HttpMethod.Get, $"tenants/{tenant}/evaluations/{first}", key);
    }

    [HostFact]
    public async Task Evaluations_are_their_tenants_alone()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (string other, string otherKey) = await host.ProvisionAsync();
        (_, JsonElement evaluation) = await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/evaluations?wait=30", key, Body);
        string id = Text(evaluation, "id")!;

        await RefusedAsync(404, "tenant-not-found", HttpMethod.Get, $"tenants/{tenant}/evaluations/{id}", otherKey);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Get, $"tenants/{tenant}/evaluations", otherKey);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Post, $"tenants/{tenant}/evaluations", otherKey, Body);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Delete, $"tenants/{tenant}/evaluations/{id}", otherKey);
        await RefusedAsync(404, "evaluation-not-found", HttpMethod.Get, $"tenants/{other}/evaluations/{id}", otherKey);
        await RefusedAsync(404, "evaluation-not-found", HttpMethod.Delete, $"tenants/{other}/evaluations/{id}", otherKey);
        await RefusedAsync(404, "evaluation-not-found", HttpMethod.Post, $"tenants/{other}/evaluations", otherKey, Body[..^1] + $$""","against":"{{id}}"}""");
        (HttpStatusCode status, _) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/evaluations/{id}", key);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [HostFact]
    public async Task What_cannot_be_is_refused_with_what_to_do()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string path = $"tenants/{tenant}/evaluations";
        await RefusedAsync(400, "invalid-evaluation", HttpMethod.Post, path, key, """{"questions":[]}""");
        await RefusedAsync(400, "malformed-json", HttpMethod.Post, path, key, Body[..^1] + ""","against":"yesterday"}""");
        await RefusedAsync(400, "malformed-json", HttpMethod.Post, path, key, Body[..^1] + ""","weights":[1]}""");
        await RefusedAsync(400, "invalid-text", HttpMethod.Post, path, key, Body.Replace("a.txt", "\\u0000", StringComparison.Ordinal));
        await RefusedAsync(422, "no-branches", HttpMethod.Post, path, key, Body[..^1] + ""","target":"branch"}""");
        await RefusedAsync(404, "evaluation-not-found", HttpMethod.Get, path + "/none", key);

        // A megabyte is read, and one byte more is not.
        string full = Body + new string(' ', (1 << 20) - Body.Length);
        await RefusedAsync(413, "request-too-large", HttpMethod.Post, path, key, full + " ");
        (HttpStatusCode status, _) = await host.SendAsync(HttpMethod.Post, path + "?wait=30", key, full);
        Assert.Equal(HttpStatusCode.OK, status);

        foreach (string missing in (string[])["write", "search"])
        {
            (string scoped, string limited) = await host.ProvisionAsync([.. ((string[])["write", "search", "read"]).Where(scope => scope != missing)]);
            await RefusedAsync(403, "missing-scope", HttpMethod.Post, $"tenants/{scoped}/evaluations", limited, Body);
        }

        await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/suspend?wait=30", HostFixture.AdminKey);
        await RefusedAsync(409, "tenant-not-ready", HttpMethod.Post, path, key, Body);
    }

    private async Task RefusedAsync(int status, string problem, HttpMethod method, string path, string key, string? body = null)
    {
        (HttpStatusCode answered, JsonElement answer) = await host.SendAsync(method, path, key, body);
        Assert.Equal((status, $"https://freehold.dev/problems/{problem}"), ((int)answered, Text(answer, "type")));
    }

    private static string? Text(JsonElement element, string member) => element.GetProperty(member).GetString();
}
