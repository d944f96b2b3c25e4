using System.Net;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

[Collection(HostTests.Name)]
public sealed class EmbeddingModelTests(HostFixture host)
{
    [HostFact]
    public async Task Operator_asks_what_a_change_takes_and_makes_it()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/a.txt", key, "Walnuts.");
        await host.SettledAsync(tenant, key, "a.txt");

        (HttpStatusCode status, JsonElement model) = await host.SendAsync(
            HttpMethod.Get, $"tenants/{tenant}/embedding-model", HostFixture.AdminKey);
        Assert.Equal((HttpStatusCode.OK, """{"model":"lexical-384"}"""), (status, model.GetRawText()));

        // Nothing to do is done, too.
        (status, model) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/embedding-model?to=lexical-384", HostFixture.AdminKey);
        Assert.Equal((HttpStatusCode.OK, 0), (status, model.GetProperty("tokens").GetInt32()));
        (status, JsonElement operation) = await ChangeAsync(tenant, """{"model":"lexical-384"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(("change-model", "done", "switched"), (Text(operation, "kind"), Text(operation, "state"), Text(operation, "step")));
        Assert.Single(await host.SearchAsync(tenant, key, "walnuts"));
        await RefusedAsync(409, "operation-not-pausable", HttpMethod.Post, $"operations/{Text(operation, "id")}/pause", null);
        await RefusedAsync(409, "operation-not-pausable", HttpMethod.Post, $"operations/{Text(operation, "id")}/resume", null);
        await RefusedAsync(404, "operation-not-found", HttpMethod.Post, $"operations/{Guid.NewGuid()}/pause", null);

        (_, JsonElement fleet) = await host.SendAsync(HttpMethod.Get, "fleet", HostFixture.AdminKey);
        Assert.Equal(0, fleet.GetProperty("behind").GetInt32());
        Assert.True(fleet.GetProperty("embeddingModels").GetProperty("lexical-384").GetInt32() > 0);
        Assert.Equal(0, fleet.GetProperty("modelsNotConfigured").GetArrayLength());
    }

    [HostFact]
    public async Task What_cannot_be_is_refused_with_what_to_do()
    {
        (string tenant, string key) = await host.ProvisionAsync();

        await RefusedAsync(422, "unknown-model", HttpMethod.Post, $"tenants/{tenant}/embedding-model", """{"model":"none"}""");
        await RefusedAsync(422, "unknown-model", HttpMethod.Get, $"tenants/{tenant}/embedding-model?to=none", null);
        await RefusedAsync(400, "malformed-json", HttpMethod.Post, $"tenants/{tenant}/embedding-model", "{}");
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Get, "tenants/nobody-here/embedding-model", null);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Post, "tenants/nobody-here/embedding-model", """{"model":"lexical-384"}""");
        (HttpStatusCode status, _) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/embedding-model", key);
        Assert.Equal(HttpStatusCode.Forbidden, status);
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> ChangeAsync(string tenant, string body) =>
        host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/embedding-model?wait=30", HostFixture.AdminKey, body);

    private async Task RefusedAsync(int status, string problem, HttpMethod method, string path, string? body)
    {
        (HttpStatusCode answered, JsonElement answer) = await host.SendAsync(method, path, HostFixture.AdminKey, body);
        Assert.Equal((status, $"https://freehold.dev/problems/{problem}"), ((int)answered, Text(answer, "type")));
    }

    private static string? Text(JsonElement element, string member) => element.GetProperty(member).GetString();
}
