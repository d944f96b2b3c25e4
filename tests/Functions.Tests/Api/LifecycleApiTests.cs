using System.Net;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

[Collection(HostTests.Name)]
public sealed class LifecycleApiTests(HostFixture host)
{
    [HostFact]
    public async Task Suspended_tenant_is_refused_with_its_state_and_works_again_when_resumed()
    {
        (string tenant, string key) = await host.ProvisionAsync();

        (HttpStatusCode status, JsonElement operation) = await PostAsync($"tenants/{tenant}/suspend?wait=30");
        Assert.Equal((HttpStatusCode.OK, "suspend", "done"), (status, Text(operation, "kind"), Text(operation, "state")));
        await RefusedAsync(409, "tenant-not-ready", HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"x"}""");
        await RefusedAsync(409, "tenant-not-ready", HttpMethod.Put, $"tenants/{tenant}/documents/a.txt", key, "Text.");
        await RefusedAsync(409, "tenant-not-ready", HttpMethod.Post, $"tenants/{tenant}/credentials", HostFixture.AdminKey);

        (status, _) = await PostAsync($"tenants/{tenant}/resume?wait=30");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Empty(await host.SearchAsync(tenant, key, "anything"));
    }

    [HostFact]
    public async Task Deleted_tenant_is_refused_comes_back_and_is_gone_after_a_purge_with_a_certificate()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/a.txt", key, "Walnuts.");
        await host.SettledAsync(tenant, key, "a.txt");

        (HttpStatusCode status, JsonElement operation) = await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}", HostFixture.AdminKey);
        Assert.Equal(HttpStatusCode.Accepted, status);
        await RefusedAsync(409, "tenant-not-ready", HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"x"}""");
        await RefusedAsync(404, "certificate-not-found", HttpMethod.Get, $"operations/{Text(operation, "id")}/certificate", HostFixture.AdminKey);
        (status, _) = await PostAsync($"tenants/{tenant}/undelete?wait=30");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Single(await host.SearchAsync(tenant, key, "walnuts"));
        await RefusedAsync(409, "tenant-not-deleting", HttpMethod.Post, $"tenants/{tenant}/undelete", HostFixture.AdminKey);

        (_, operation) = await host.SendAsync(
            HttpMethod.Delete, $"tenants/{tenant}?purge=true", HostFixture.AdminKey, null, ("X-Confirm-Tenant", tenant));
        string path = $"operations/{Text(operation, "id")}";
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () =>
            Text((await host.SendAsync(HttpMethod.Get, path, HostFixture.AdminKey)).Body, "state") == "done");

        (status, JsonElement certificate) = await host.SendAsync(HttpMethod.Get, $"{path}/certificate", HostFixture.AdminKey);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["payload", "protected", "signature"], certificate.EnumerateObject().Select(member => member.Name));
        await RefusedAsync(401, "unknown-key", HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"x"}""");
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Get, $"tenants/{tenant}", HostFixture.AdminKey);
    }

    [HostFact]
    public async Task Tenant_gets_another_name_and_plan_and_every_action_stands_in_the_audit()
    {
        (string tenant, _) = await host.ProvisionAsync();

        (HttpStatusCode status, JsonElement patched) = await host.SendAsync(
            HttpMethod.Patch, $"tenants/{tenant}?wait=30", HostFixture.AdminKey, """{"displayName":"Acme Ltd","plan":"standard"}""");
        Assert.Equal((HttpStatusCode.OK, "Acme Ltd", "standard"), (status, Text(patched, "displayName"), Text(patched, "plan")));
        (status, JsonElement credential) = await PostAsync($"tenants/{tenant}/credentials");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.StartsWith("postgresql://t_", Text(credential, "uri"), StringComparison.Ordinal);
        (status, _) = await PostAsync($"tenants/{tenant}/rotate-credentials?wait=30");
        Assert.Equal(HttpStatusCode.OK, status);

        List<string> actions = [];
        string? cursor = null;
        do
        {
            (_, JsonElement page) = await host.SendAsync(HttpMethod.Get, $"audit?tenant={tenant}&limit=2&cursor={cursor}", HostFixture.AdminKey);
            actions.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => Text(entry, "action")!));
            cursor = page.TryGetProperty("cursor", out JsonElement next) ? next.GetString() : null;
        }
        while (cursor is not null);

        Assert.Equal(
            ["tenant-rotate-credentials", "credentials-issued", "tenant-renamed", "tenant-set-plan", "key-created", "tenant-provision"], actions);
        (_, JsonElement none) = await host.SendAsync(
            HttpMethod.Get, $"audit?tenant={tenant}&to=2020-01-01T00:00:00Z", HostFixture.AdminKey);
        Assert.Equal(0, none.GetProperty("entries").GetArrayLength());
    }

    [HostFact]
    public async Task Idempotency_key_is_one_operation_and_refuses_another_request()
    {
        (string tenant, _) = await host.ProvisionAsync();
        (string, string) header = ("Idempotency-Key", $"key-{tenant}");

        (_, JsonElement first) = await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/suspend", HostFixture.AdminKey, null, header);
        (_, JsonElement second) = await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/suspend", HostFixture.AdminKey, null, header);

        Assert.Equal(Text(first, "id"), Text(second, "id"));
        (HttpStatusCode status, JsonElement problem) = await host.SendAsync(
            HttpMethod.Post, $"tenants/{tenant}/resume", HostFixture.AdminKey, null, header);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "https://freehold.dev/problems/idempotency-key-reused"), (status, Text(problem, "type")));
    }

    [HostFact]
    public async Task Keys_are_rotated_on_demand_and_operations_are_listed()
    {
        (HttpStatusCode status, JsonElement operation) = await PostAsync("fleet/key-rotations");
        Assert.Equal((HttpStatusCode.Accepted, "rotate-keys"), (status, Text(operation, "kind")));
        string id = Text(operation, "id")!;
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () =>
            Text((await host.SendAsync(HttpMethod.Get, $"operations/{id}", HostFixture.AdminKey)).Body, "state") == "done");

        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, "operations?state=done&limit=1000", HostFixture.AdminKey);
        Assert.Contains(id, list.GetProperty("operations").EnumerateArray().Select(each => Text(each, "id")));
        await RefusedAsync(409, "operation-not-failed", HttpMethod.Post, $"operations/{id}/retry", HostFixture.AdminKey);
        await RefusedAsync(400, "unknown-operation-state", HttpMethod.Get, "operations?state=lost", HostFixture.AdminKey);
        await RefusedAsync(404, "operation-not-found", HttpMethod.Post, $"operations/{Guid.NewGuid()}/retry", HostFixture.AdminKey);
    }

    [HostTheory]
    [InlineData("POST", "tenants/{0}/suspend")]
    [InlineData("POST", "tenants/{0}/undelete")]
    [InlineData("POST", "tenants/{0}/credentials")]
    [InlineData("DELETE", "tenants/{0}/credentials")]
    [InlineData("POST", "tenants/{0}/rotate-credentials")]
    [InlineData("POST", "tenants/{0}/retry")]
    [InlineData("PATCH", "tenants/{0}")]
    [InlineData("GET", "tenants/{0}/usage")]
    [InlineData("GET", "audit")]
    [InlineData("GET", "fleet")]
    [InlineData("GET", "operations")]
    [InlineData("POST", "fleet/key-rotations")]
    [InlineData("POST", "fleet/reconciliations")]
    public async Task Tenants_key_does_nothing_of_the_operators(string method, string path)
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await RefusedAsync(403, "missing-scope", new HttpMethod(method), string.Format(null, path, tenant), key, method == "PATCH" ? "{}" : null);
        await RefusedAsync(401, "unknown-key", new HttpMethod(method), string.Format(null, path, tenant), null, method == "PATCH" ? "{}" : null);
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path) => host.SendAsync(HttpMethod.Post, path, HostFixture.AdminKey);

    private async Task RefusedAsync(int status, string problem, HttpMethod method, string path, string? key, string? body = null)
    {
        (HttpStatusCode answered, JsonElement answer) = await host.SendAsync(method, path, key, body);
        Assert.Equal((status, $"https://freehold.dev/problems/{problem}"), ((int)answered, Text(answer, "type")));
    }

    private static string? Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out JsonElement value) ? value.GetString() : null;
}
