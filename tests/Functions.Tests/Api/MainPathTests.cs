using System.Net;
using System.Text.Json;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace Freehold.Functions.Tests.Api;

/// <summary>What a user does, in the order in which they would.</summary>
[Collection(HostTests.Name)]
public sealed class MainPathTests(HostFixture host)
{
    [HostFact]
    public async Task Document_sent_with_PUT_is_found_and_deleted_again()
    {
        (string tenant, string key) = await host.ProvisionAsync();

        (HttpStatusCode status, JsonElement document) = await host.SendAsync(
            HttpMethod.Put, $"tenants/{tenant}/documents/a%20folder/caf%C3%A9.md", key, "# Café\n\nThe espresso machine is descaled on Mondays.");
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal("a folder/café.md", document.GetProperty("path").GetString());

        document = await host.SettledAsync(tenant, key, "a%20folder/caf%C3%A9.md");
        Assert.Equal(("ready", "Café"), (document.GetProperty("state").GetString(), document.GetProperty("title").GetString()));
        Assert.Contains("Mondays", Assert.Single(await host.SearchAsync(tenant, key, "When is the machine descaled?")), StringComparison.Ordinal);

        (status, _) = await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}/documents/a%20folder/caf%C3%A9.md", key);
        Assert.Equal(HttpStatusCode.Accepted, status);
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () => (await host.SearchAsync(tenant, key, "machine descaled")).Length == 0);
        (status, _) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents/a%20folder/caf%C3%A9.md", key);
        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    [HostFact]
    public async Task Document_that_a_storage_client_writes_changes_and_deletes_is_followed()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        var blob = host.Azurite.Container("documents").GetBlobClient($"{tenant}/dropped/notes.txt");

        await blob.UploadAsync(BinaryData.FromString("The ferry leaves at dawn."));
        await host.SettledAsync(tenant, key, "dropped/notes.txt");
        Assert.Single(await host.SearchAsync(tenant, key, "ferry"));

        await blob.UploadAsync(BinaryData.FromString("The train leaves at noon."), overwrite: true);
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () => (await host.SearchAsync(tenant, key, "train")).Length == 1);
        Assert.Empty(await host.SearchAsync(tenant, key, "ferry"));

        await blob.DeleteAsync();
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () => (await host.SearchAsync(tenant, key, "train")).Length == 0);
    }

    [HostFact]
    public async Task Messages_of_any_queue_client_make_and_remove_a_tenant_and_a_bad_one_is_kept_aside()
    {
        QueueClient commands = host.Azurite.Queue("tenant-commands");
        string id = "q" + Guid.NewGuid().ToString("N")[..12];

        await commands.SendMessageAsync($$"""{"version":1,"command":"provision","tenant":"{{id}}","idempotencyKey":"{{id}}"}""");
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () => await StateAsync(id) == "active");

        // As older queue clients send: base64.
        string delete = $$"""{"version":1,"command":"delete","tenant":"{{id}}","purge":true,"confirmTenant":"{{id}}","idempotencyKey":"{{id}}-delete","replyTo":"tenant-replies"}""";
        await commands.SendMessageAsync(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(delete)));
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () => await StateAsync(id) is null);

        QueueMessage? reply = null;
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () =>
            (reply = (await host.Azurite.Queue("tenant-replies").ReceiveMessageAsync()).Value) is not null);
        Assert.Contains($"\"command\":\"delete\",\"tenant\":\"{id}\",\"state\":\"done\",\"idempotencyKey\":\"{id}-delete\"", reply!.Body.ToString(), StringComparison.Ordinal);

        await commands.SendMessageAsync("""{"version":1,"command":"explode","tenant":"somebody"}""");
        await HostFixture.EventuallyAsync(
            TimeSpan.FromSeconds(20), async () => (await host.Azurite.Queue("tenant-commands-poison").PeekMessagesAsync()).Value.Length == 1);
        JsonElement refused = (await host.SendAsync(HttpMethod.Get, "operations?state=failed&tenant=somebody", HostFixture.AdminKey))
            .Body.GetProperty("operations").EnumerateArray().Single();
        Assert.Equal(("explode", "refused"), (refused.GetProperty("kind").GetString(), refused.GetProperty("step").GetString()));
        Assert.StartsWith("Commands are provision, ", refused.GetProperty("failure").GetString(), StringComparison.Ordinal);
    }

    [HostFact]
    public async Task Tenant_made_without_waiting_becomes_active_and_is_purged_on_demand()
    {
        string id = "w" + Guid.NewGuid().ToString("N")[..12];
        (HttpStatusCode status, JsonElement operation) = await host.SendAsync(HttpMethod.Post, "tenants", HostFixture.AdminKey, $$"""{"id":"{{id}}"}""");
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal("provision", operation.GetProperty("kind").GetString());
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () => await StateAsync(id) == "active");

        (status, operation) = await host.SendAsync(
            HttpMethod.Delete, $"tenants/{id}?purge=true", HostFixture.AdminKey, null, ("X-Confirm-Tenant", id));
        Assert.Equal(HttpStatusCode.Accepted, status);
        string path = $"operations/{operation.GetProperty("id").GetString()}";
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () =>
            (await host.SendAsync(HttpMethod.Get, path, HostFixture.AdminKey)).Body.GetProperty("state").GetString() == "done");
        Assert.Null(await StateAsync(id));
    }

    [HostFact]
    public async Task Documents_are_listed_in_pages()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        foreach (string path in (string[])["a/1.txt", "a/2.txt", "b/1.txt"])
        {
            await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/{path}", key, "Text.");
        }

        List<string> seen = [];
        string? cursor = null;
        do
        {
            (_, JsonElement page) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?limit=2&cursor={cursor}", key);
            seen.AddRange(Paths(page));
            cursor = page.TryGetProperty("cursor", out JsonElement next) ? next.GetString() : null;
        }
        while (cursor is not null);

        Assert.Equal(["a/1.txt", "a/2.txt", "b/1.txt"], seen);
        (_, JsonElement filtered) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?prefix=a/", key);
        Assert.Equal(["a/1.txt", "a/2.txt"], Paths(filtered));
    }

    private static IEnumerable<string> Paths(JsonElement page) =>
        page.GetProperty("documents").EnumerateArray().Select(document => document.GetProperty("path").GetString()!);

    private async Task<string?> StateAsync(string tenant)
    {
        (HttpStatusCode status, JsonElement body) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}", HostFixture.AdminKey);
        return status == HttpStatusCode.OK ? body.GetProperty("state").GetString() : null;
    }
}
