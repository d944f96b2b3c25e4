using System.Net;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

/// <summary>Servers that stop and come back: 503 meanwhile, and nothing lost.</summary>
public sealed class OutageTests(HostFixture host) : IClassFixture<HostFixture>
{
    [HostFact]
    public async Task While_PostgreSQL_is_away_calls_answer_503_and_afterwards_all_is_well()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/before.txt", key, "Before the outage.");
        await host.SettledAsync(tenant, key, "before.txt");

        await host.Postgres.CutAsync();
        await UnavailableAsync(HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"outage"}""");
        await UnavailableAsync(HttpMethod.Get, $"tenants/{tenant}/documents", key);
        await UnavailableAsync(HttpMethod.Post, "tenants?wait=5", HostFixture.AdminKey, """{"id":"not-now"}""");
        await UnavailableAsync(HttpMethod.Get, "health/ready", null);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "health/live", null)).Status);
        await host.Azurite.Container("documents").GetBlobClient($"{tenant}/during.txt").UploadAsync(BinaryData.FromString("During the outage."));
        await Task.Delay(3000);
        Assert.True(host.IsRunning);
        host.Postgres.Open();

        await HostFixture.EventuallyAsync(
            TimeSpan.FromSeconds(10), async () => (await host.SendAsync(HttpMethod.Get, "health/ready", null)).Status == HttpStatusCode.OK);
        Assert.Single(await host.SearchAsync(tenant, key, "outage"));
        await host.SettledAsync(tenant, key, "during.txt");
        Assert.Equal(2, (await host.SearchAsync(tenant, key, "outage")).Length);
    }

    [HostFact]
    public async Task While_storage_is_away_uploads_answer_503_and_searches_go_on()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/a.txt", key, "Still found.");
        await host.SettledAsync(tenant, key, "a.txt");

        await host.Azurite.StopAsync();
        await UnavailableAsync(HttpMethod.Put, $"tenants/{tenant}/documents/b.txt", key, "Not now.");
        await UnavailableAsync(HttpMethod.Delete, $"tenants/{tenant}/documents/a.txt", key);
        Assert.Single(await host.SearchAsync(tenant, key, "found"));
        await host.Azurite.StartAsync();

        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?prefix=b", key);
        Assert.Empty(list.GetProperty("documents").EnumerateArray());
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(20), async () =>
            (await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/b.txt", key, "Now it works.")).Status == HttpStatusCode.Accepted);
        await host.SettledAsync(tenant, key, "b.txt");
        Assert.Single(await host.SearchAsync(tenant, key, "works"));
    }

    private async Task UnavailableAsync(HttpMethod method, string path, string? key, string? body = null)
    {
        (HttpStatusCode status, JsonElement problem) = await host.SendAsync(method, path, key, body);
        Assert.True(status == HttpStatusCode.ServiceUnavailable, $"{method} {path}: {(int)status} {problem}");
        Problems.AssertHarmless(problem);
    }
}
