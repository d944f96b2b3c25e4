using System.Net;
using System.Text;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

/// <summary>What a tenant's plan refuses, and what its operator sees of its use.</summary>
[Collection(HostTests.Name)]
public sealed class PlanTests(HostFixture host)
{
    private const string Query = """{"query":"anything"}""";

    [HostFact]
    public async Task Queries_that_come_too_fast_are_told_when_to_come_again()
    {
        (string tenant, string key) = await host.ProvisionOnAsync("free");
        (string other, string othersKey) = await host.ProvisionOnAsync("free");
        int answered = 0;
        HttpResponseMessage answer;
        while ((answer = await SearchAsync(tenant, key)).StatusCode == HttpStatusCode.OK && answered < 100)
        {
            answered++;
        }

        Assert.InRange(answered, 10, 30);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        JsonElement problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("https://freehold.dev/problems/too-many-queries", problem.GetProperty("type").GetString());
        Assert.Equal((60, "queries-per-minute"), (problem.GetProperty("limit").GetInt64(), problem.GetProperty("quota").GetString()));

        Assert.Equal(HttpStatusCode.OK, (await SearchAsync(other, othersKey)).StatusCode);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await SearchAsync(tenant, key)).StatusCode);
    }

    [HostFact]
    public async Task Document_that_the_plan_has_no_room_for_is_payment_required()
    {
        (string tenant, string key) = await host.ProvisionOnAsync("free");
        foreach (string path in (string[])["a.txt", "b.txt"])
        {
            Assert.Equal(HttpStatusCode.Accepted, (await PutAsync(path)).Status);
        }

        (HttpStatusCode status, JsonElement problem) = await PutAsync("c.txt");
        Assert.Equal(HttpStatusCode.PaymentRequired, status);
        Assert.Equal("https://freehold.dev/problems/quota-exceeded", problem.GetProperty("type").GetString());
        Assert.Equal(
            (2, 2, "documents"),
            (problem.GetProperty("limit").GetInt64(), problem.GetProperty("used").GetInt64(), problem.GetProperty("quota").GetString()));

        await host.SettledAsync(tenant, key, "a.txt");
        await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}/documents/a.txt", key);
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () => (await PutAsync("c.txt")).Status == HttpStatusCode.Accepted);

        Task<(HttpStatusCode Status, JsonElement Body)> PutAsync(string path) =>
            host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/{path}", key, "text");
    }

    [HostFact]
    public async Task Use_and_cost_are_reported_to_the_operator()
    {
        (string tenant, string key) = await host.ProvisionOnAsync("free");
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/a.txt", key, "Three short words.");
        await host.SettledAsync(tenant, key, "a.txt");
        await host.SearchAsync(tenant, key, "words");

        JsonElement report = default;
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () =>
        {
            (HttpStatusCode status, report) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/usage", HostFixture.AdminKey);
            Assert.Equal(HttpStatusCode.OK, status);
            return report.GetProperty("days").GetArrayLength() == 1 && report.GetProperty("days")[0].GetProperty("queries").GetInt64() == 1;
        });
        Assert.Equal(("free", 3), (report.GetProperty("plan").GetString(), report.GetProperty("days")[0].GetProperty("tokensEmbedded").GetInt64()));
        Assert.Equal(18, report.GetProperty("totals").GetProperty("bytes").GetInt64());
        Assert.Equal("""{"maxDocuments":2,"queriesPerMinute":60,"documentsAtOnce":4}""", report.GetProperty("limits").GetRawText());
        Assert.Equal("EUR", report.GetProperty("estimate").GetProperty("currency").GetString());
        Assert.Equal(4, report.GetProperty("estimate").GetProperty("parts").GetArrayLength());

        (_, JsonElement keys) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/keys", HostFixture.AdminKey);
        Assert.True(keys.GetProperty("keys")[0].TryGetProperty("lastUsedAt", out _));

        foreach (string period in (string[])["from=2026-01-01&to=2025-01-01", "from=2020-01-01&to=2025-01-01", "from=yesterday"])
        {
            (HttpStatusCode status, JsonElement problem) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/usage?{period}", HostFixture.AdminKey);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.EndsWith("/invalid-period", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        }

        (HttpStatusCode own, _) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/usage", key);
        Assert.Equal(HttpStatusCode.Forbidden, own);
    }

    private async Task<HttpResponseMessage> SearchAsync(string tenant, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"tenants/{tenant}/search") { Content = new StringContent(Query, Encoding.UTF8) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        return await host.Http.SendAsync(request);
    }
}
