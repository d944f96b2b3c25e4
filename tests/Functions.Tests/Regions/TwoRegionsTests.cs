using System.Text.Json;
using Freehold.Functions.Tests.Api;
using Freehold.Functions.Tests.Chaos;
using Npgsql;

namespace Freehold.Functions.Tests.Regions;

/// <summary>Two regions, each with servers and a host of its own, and the catalog that they share, on a server of its own.</summary>
public sealed class TwoRegionsTests
{
    [ChaosFact]
    public async Task Nothing_of_a_tenant_is_written_outside_of_its_region()
    {
        string folder = Directory.CreateTempSubdirectory("freehold-regions-").FullName;
        string global = Directory.CreateDirectory(Path.Combine(folder, "global")).FullName;
        OwnServers catalog = new(global);
        Region west = new("west", Path.Combine(folder, "west"));
        Region east = new("east", Path.Combine(folder, "east"));
        try
        {
            await Task.WhenAll(catalog.StartPostgresAsync(), west.StartServersAsync(), east.StartServersAsync());
            string connection = new NpgsqlConnectionStringBuilder(catalog.Postgres) { Database = "freehold_catalog" }.ConnectionString;
            foreach (Region region in (Region[])[west, east])
            {
                region.StartHost(connection, [west, east]);
            }

            await Task.WhenAll(IsReadyAsync(west), IsReadyAsync(east));
            await RefusesAsync(west);
            Planted ofWest = await PlantAsync(west, west, east);
            Planted ofEast = await PlantAsync(east, west, west);
            Planted moving = await MoveAsync(await PlantAsync(west, west, east, "on-the-move"), west, east);

            await StopAsync();
            string[] all = [.. ofWest.Markers, .. ofEast.Markers, .. moving.Markers];
            ILookup<string, string> inWest = Markers.Find(west.Folder, all);
            ILookup<string, string> inEast = Markers.Find(east.Folder, all);
            AssertStays(ofWest, inWest, inEast, east.Log);
            AssertStays(ofEast, inEast, inWest, west.Log);

            // The catalog knows the tenants, and nothing else.
            ILookup<string, string> inCatalog = Markers.Find(global, [.. all, ofWest.Tenant, ofEast.Tenant]);
            Assert.Equal([ofEast.Tenant, ofWest.Tenant], inCatalog.Select(found => found.Key).Order());
        }
        finally
        {
            await StopAsync();
            Directory.Delete(folder, recursive: true);
        }

        async Task StopAsync()
        {
            await Task.WhenAll(west.DisposeAsync().AsTask(), east.DisposeAsync().AsTask());
            await catalog.DisposeAsync();
        }
    }

    private sealed record Planted(string Tenant, string Folder, string Word, string Key)
    {
        public string[] Markers => [Folder, Word];
    }

    private static async Task RefusesAsync(Region host)
    {
        (int status, JsonElement problem) = await host.SendAsync(HttpMethod.Post, "tenants", HostFixture.AdminKey, """{"id":"some-one","region":"mars"}""");
        Assert.Equal((422, "unknown-region"), (status, Name(problem)));
        Assert.Equal(["west", "east"], problem.GetProperty("regions").EnumerateArray().Select(name => name.GetString()));

        (status, problem) = await host.SendAsync(HttpMethod.Post, "tenants", HostFixture.AdminKey, """{"id":"some-one","region":"north"}""");
        Assert.Equal((422, "region-closed"), (status, Name(problem)));
    }

    /// <summary>Moves a tenant, while it is searched: each search is answered by one of the two hosts, or says which.</summary>
    private static async Task<Planted> MoveAsync(Planted planted, Region from, Region to)
    {
        string tenant = planted.Tenant;
        (int status, JsonElement problem) = await to.SendAsync(HttpMethod.Post, $"tenants/{tenant}/move", HostFixture.AdminKey, $$"""{"region":"{{to.Name}}"}""");
        Assert.Equal((421, "misdirected-region"), (status, Name(problem)));
        (status, problem) = await from.SendAsync(HttpMethod.Post, $"tenants/{tenant}/move", HostFixture.AdminKey, """{"region":"north"}""");
        Assert.Equal((422, "region-closed"), (status, Name(problem)));
        (status, problem) = await from.SendAsync(HttpMethod.Post, $"tenants/{tenant}/move", HostFixture.AdminKey, "{}");
        Assert.Equal((400, "provider-required"), (status, Name(problem)));

        (status, JsonElement operation) = await from.SendAsync(
            HttpMethod.Post, $"tenants/{tenant}/move", HostFixture.AdminKey, $$"""{"region":"{{to.Name}}"}""");
        Assert.Equal(202, status);
        string id = operation.GetProperty("id").GetString()!;
        string query = $$"""{"query":"{{planted.Word}}"}""";
        Region serving = from;
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(90), async () =>
        {
            (int found, JsonElement answer) = await serving.SendAsync(HttpMethod.Post, $"tenants/{tenant}/search", planted.Key, query);
            if (found == 421)
            {
                Assert.Equal($"{to.Address}", answer.GetProperty("address").GetString());
                serving = to;
            }
            else
            {
                Assert.Equal((200, 1), (found, answer.GetProperty("results").GetArrayLength()));
            }

            JsonElement now = (await to.SendAsync(HttpMethod.Get, $"operations/{id}", HostFixture.AdminKey)).Body;
            Assert.NotEqual("failed", now.GetProperty("state").GetString());
            return now.GetProperty("state").GetString() == "done";
        });

        string documents = $"tenants/{tenant}/documents";
        JsonElement listed = (await to.SendAsync(HttpMethod.Get, documents, planted.Key)).Body.GetProperty("documents");
        Assert.Equal("ready", Assert.Single(listed.EnumerateArray()).GetProperty("state").GetString());
        Assert.Equal(421, (await from.SendAsync(HttpMethod.Get, documents, planted.Key)).Status);
        Assert.Equal(202, (await to.SendAsync(HttpMethod.Put, $"{documents}/{planted.Folder}/plan.txt", planted.Key, $"The {planted.Word} is out.")).Status);
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(30), async () =>
            (await to.SendAsync(HttpMethod.Post, $"tenants/{tenant}/search", planted.Key, query)).Body
            .GetProperty("results")[0].GetProperty("text").GetString()!.Contains("out", StringComparison.Ordinal));
        Assert.Equal(200, (await to.SendAsync(HttpMethod.Get, $"operations/{id}/certificate", HostFixture.AdminKey)).Status);
        return planted;
    }

    /// <summary>Makes a tenant in a region, through whichever host, and gives it a document that nobody else has.</summary>
    private static async Task<Planted> PlantAsync(Region home, Region asked, Region other, string? name = null)
    {
        string tenant = name ?? $"of-{home.Name}";
        (int status, JsonElement made) = await asked.SendAsync(
            HttpMethod.Post, "tenants?wait=30", HostFixture.AdminKey, $$"""{"id":"{{tenant}}","region":"{{home.Name}}","plan":"enterprise"}""");
        Assert.Equal((201, home.Name), (status, made.GetProperty("region").GetString()));
        (status, JsonElement issued) = await asked.SendAsync(HttpMethod.Post, $"tenants/{tenant}/keys", HostFixture.AdminKey, """{"name":"test"}""");
        Assert.Equal(201, status);
        string key = issued.GetProperty("secret").GetString()!;

        Planted planted = new(tenant, $"marked{Guid.NewGuid():N}", $"word{Guid.NewGuid():N}", key);
        string document = $"tenants/{tenant}/documents/{planted.Folder}/plan.txt";
        (status, JsonElement problem) = await other.SendAsync(HttpMethod.Put, document, key, $"The {planted.Word} is secret.");
        Assert.Equal((421, "misdirected-region"), (status, Name(problem)));
        Assert.Equal((home.Name, $"{home.Address}"), (problem.GetProperty("region").GetString(), problem.GetProperty("address").GetString()));
        Assert.Equal(404, (await other.SendAsync(HttpMethod.Get, $"tenants/of-{other.Name}/documents/a.txt", key)).Status);
        Assert.Equal(401, (await other.SendAsync(HttpMethod.Get, document, "fh_none")).Status);
        Assert.Equal(421, (await other.SendAsync(HttpMethod.Get, $"tenants/{tenant}/usage", HostFixture.AdminKey)).Status);

        Assert.Equal(202, (await home.SendAsync(HttpMethod.Put, document, key, $"The {planted.Word} is secret.")).Status);
        string query = $$"""{"query":"{{planted.Word}}"}""";
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(30), async () =>
            (await home.SendAsync(HttpMethod.Post, $"tenants/{tenant}/search", key, query)).Body.GetProperty("results").GetArrayLength() == 1);
        Assert.Equal(421, (await other.SendAsync(HttpMethod.Post, $"tenants/{tenant}/search", key, query)).Status);
        return planted;
    }

    private static void AssertStays(Planted planted, ILookup<string, string> home, ILookup<string, string> other, string otherLog)
    {
        foreach (string marker in planted.Markers)
        {
            // That it is found at home shows that it would be found elsewhere.
            foreach (string place in (string[])["/postgres/base/", "/pg_wal/", "/azurite/"])
            {
                Assert.Contains(home[marker], file => file.Contains(place, StringComparison.Ordinal));
            }

            Assert.Empty(other[marker]);
            Assert.DoesNotContain(marker, otherLog, StringComparison.Ordinal);
        }
    }

    private static string Name(JsonElement problem) => problem.GetProperty("type").GetString()!.Split('/')[^1];

    private static Task IsReadyAsync(Region region) => HostFixture.EventuallyAsync(
        TimeSpan.FromSeconds(60), async () => (await region.Http.GetAsync("health/ready")).IsSuccessStatusCode);
}
