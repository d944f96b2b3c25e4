using System.Text;
using System.Text.Json;
using Freehold.Functions.Tests.Api;
using Freehold.Functions.Tests.Chaos;

namespace Freehold.Functions.Tests.Regions;

/// <summary>A region on this machine: PostgreSQL, Azurite and a host of its own, in a folder of its own.</summary>
internal sealed class Region(string name, string folder) : IAsyncDisposable
{
    private readonly OwnServers _servers = new(Path.Combine(folder, "servers"));
    private HostProcess? _host;

    public string Name => name;

    public string Folder => folder;

    public int Port { get; } = HostProcess.FreePort();

    public Uri Address => new($"http://localhost:{Port}/api");

    public HttpClient Http { get; } = new();

    public string Log => _host!.Log;

    private string WorkStore => _servers.Postgres.Replace("Database=postgres", "Database=freehold_work", StringComparison.Ordinal);

    public Task StartServersAsync()
    {
        Directory.CreateDirectory(Path.Combine(folder, "servers"));
        return _servers.StartAsync();
    }

    /// <summary>Starts the host, which shares nothing with another region's but the catalog.</summary>
    public void StartHost(string catalog, IReadOnlyList<Region> all)
    {
        string data = Directory.CreateDirectory(Path.Combine(folder, "host")).FullName;
        Dictionary<string, string> settings = HostProcess.Settings(Port, data, _servers.Storage, _servers.Postgres, "unused");
        settings["Catalog__ConnectionString"] = catalog;
        settings["WorkStore__ConnectionString"] = WorkStore;
        settings["Region"] = name;
        settings["Tenants__DefaultRegion"] = all[0].Name;
        for (int i = 0; i < all.Count; i++)
        {
            settings[$"Regions__{i}__Name"] = all[i].Name;
            settings[$"Regions__{i}__Address"] = $"{all[i].Address}";
        }

        Region[] others = [.. all.Where(region => region != this)];
        for (int i = 0; i < others.Length; i++)
        {
            settings[$"Moves__From__{i}__Region"] = others[i].Name;
            settings[$"Moves__From__{i}__Storage"] = others[i]._servers.Storage;
            settings[$"Moves__From__{i}__WorkStore__ConnectionString"] = others[i].WorkStore;
            settings[$"Moves__From__{i}__Provisioning__Postgres__ConnectionString"] = others[i]._servers.Postgres;
        }

        settings["Moves__LateUploads"] = "00:00:01";
        settings["Tenants__KeyCacheLifetime"] = "00:00:01";
        settings[$"Regions__{all.Count}__Name"] = "north";
        settings[$"Regions__{all.Count}__Open"] = "false";
        settings[$"Regions__{all.Count}__Address"] = "http://localhost:1/api";
        Http.BaseAddress = new Uri($"{Address}/");
        _host = new HostProcess(data, settings);
        _host.Start();
    }

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string key, string? body = null)
    {
        using HttpRequestMessage request = new(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    /// <summary>In order, so that everything is in files then.</summary>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_host?.IsRunning == true)
        {
            await _host.StopAsync();
        }

        await _servers.DisposeAsync();
    }
}
