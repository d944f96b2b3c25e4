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

            await StopAsync();
            AssertStays(ofWest, west, east, global);
            AssertStays(ofEast, east, west, global);
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

    private sealed record Planted(string Path, string Word);

    private static async Task RefusesAsync(Region host)
    {
        (int status, JsonElement problem) = await host.SendAsync(HttpMethod.Post, "tenants", HostFixture.AdminKey, """{"id":"some-one","region":"mars"}""");
        Assert.Equal((422, "unknown-region"), (status, Name(problem)));
        Assert.Equal(["west", "east"], problem.GetProperty("regions").EnumerateArray().Select(name => name.GetString()));

        (status, problem) = await host.SendAsync(HttpMethod.Post, "tenants", HostFixture.AdminKey, """{"id":"some-one","region":"north"}""");
        Assert.Equal((422, "region-closed"), (status, Name(problem)));
    }

    /// <summary>Makes a tenant in a region, through whichever host, and gives it a document that nobody else has.</summary>
    private static async Task<Planted> PlantAsync(Region home, Region asked, Region other)
    {
        string tenant = $"of-{home.Name}";
        (int status, JsonElement made) = await asked.SendAsync(
            HttpMethod.Post, "tenants?wait=30", HostFixture.AdminKey, $$"""{"id":"{{tenant}}","region":"{{home.Name}}","plan":"enterprise"}""");
        Assert.Equal((201, home.Name), (status, made.GetProperty("region").GetString()));
        (status, JsonElement issued) = await asked.SendAsync(HttpMethod.Post, $"tenants/{tenant}/keys", HostFixture.AdminKey, """{"name":"test"}""");
        Assert.Equal(201, status);
        string key = issued.GetProperty("secret").GetString()!;

        Planted planted = new($"marked{Guid.NewGuid():N}/plan.txt", $"word{Guid.NewGuid():N}");
        string document = $"tenants/{tenant}/documents/{planted.Path}";
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

    private static void AssertStays(Planted planted, Region home, Region other, string global)
    {
        foreach (string marker in (string[])[planted.Path.Split('/')[0], planted.Word])
        {
            // That it is found at home shows that it would be found elsewhere.
            IReadOnlyList<string> found = Markers.FilesWith(home.Folder, marker);
            Assert.Contains(found, file => file.Contains("/postgres/base/", StringComparison.Ordinal));
            Assert.Contains(found, file => file.Contains("/pg_wal/", StringComparison.Ordinal));
            Assert.Contains(found, file => file.Contains("/azurite/", StringComparison.Ordinal));
            Assert.Empty(Markers.FilesWith(other.Folder, marker));
            Assert.Empty(Markers.FilesWith(global, marker));
            Assert.DoesNotContain(marker, other.Log, StringComparison.Ordinal);
        }

        Assert.NotEmpty(Markers.FilesWith(global, $"of-{home.Name}"));
    }

    private static string Name(JsonElement problem) => problem.GetProperty("type").GetString()!.Split('/')[^1];

    private static Task IsReadyAsync(Region region) => HostFixture.EventuallyAsync(
        TimeSpan.FromSeconds(60), async () => (await region.Http.GetAsync("health/ready")).IsSuccessStatusCode);
}
