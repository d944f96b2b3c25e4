using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Npgsql;

namespace Freehold.Functions.Tests.Api;

/// <summary>The real functions in the real local host, a process of its own, with an Azurite and a catalog of its own.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private readonly string _catalog = $"freehold_api_{Guid.NewGuid():N}";
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("freehold-api-").FullName;
    private IReadOnlyDictionary<string, string> _settings = new Dictionary<string, string>();
    private HostProcess? _process;

    public static string? Missing { get; } =
        Environment.GetEnvironmentVariable("FREEHOLD_TEST_POSTGRES") is null && Environment.GetEnvironmentVariable("CI") != "true"
            ? "FREEHOLD_TEST_POSTGRES names no server; ./test starts one."
            : AzuriteServer.WhySkip;

    public static string AdminKey { get; } = $"fh_adminkey_{System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    public static string CertificateKey { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public AzuriteServer Azurite { get; } = new();

    public HttpClient Http { get; } = new();

    public int Port { get; } = HostProcess.FreePort();

    internal PostgresForwarder Postgres { get; private set; } = null!;

    /// <summary>Most memory that the host has had, in bytes.</summary>
    public long PeakMemory => _process!.PeakMemory;

    public bool IsRunning => _process!.IsRunning;

    /// <summary>What the host has written so far.</summary>
    public string Log => _process!.Log;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        await Azurite.InitializeAsync();
        NpgsqlConnectionStringBuilder server = new(Environment.GetEnvironmentVariable("FREEHOLD_TEST_POSTGRES"));
        Postgres = new PostgresForwarder(server.Host!, server.Port);
        Postgres.Open();
        Http.BaseAddress = new Uri($"http://localhost:{Port}/api/");
        Start();
        await EventuallyAsync(TimeSpan.FromSeconds(60), async () => (await Http.GetAsync("health/ready")).IsSuccessStatusCode);
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.StopAsync();
            await Postgres.DisposeAsync();
        }

        // Processes and files first: they must not outlive the tests because a server refuses something.
        await Azurite.DisposeAsync();
        Http.Dispose();
        Directory.Delete(_dataFolder, recursive: true);
        if (Missing is null)
        {
            await DropDatabasesAsync();
        }
    }

    /// <summary>Sends a request; the body is sent as it is.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        HttpMethod method, string path, string? key, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = null;

            // A body that is refused is not sent then: a server that closes on it may cut its own answer off.
            request.Headers.ExpectContinue = body.Length > 100_000;
        }

        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    /// <summary>An active tenant and a key of it.</summary>
    public Task<(string Tenant, string Key)> ProvisionAsync(params string[] scopes) => ProvisionOnAsync("enterprise", scopes);

    /// <summary>An active tenant on a plan, and a key of it.</summary>
    public async Task<(string Tenant, string Key)> ProvisionOnAsync(string plan, params string[] scopes)
    {
        string id = "t" + Guid.NewGuid().ToString("N")[..16];
        (HttpStatusCode status, _) = await SendAsync(HttpMethod.Post, "tenants?wait=30", AdminKey, $$"""{"id":"{{id}}","plan":"{{plan}}"}""");
        Assert.Equal(HttpStatusCode.Created, status);
        string asked = scopes.Length == 0 ? string.Empty : $", \"scopes\": {JsonSerializer.Serialize(scopes)}";
        (status, JsonElement key) = await SendAsync(HttpMethod.Post, $"tenants/{id}/keys", AdminKey, $$"""{"name":"test"{{asked}}}""");
        Assert.Equal(HttpStatusCode.Created, status);
        return (id, key.GetProperty("secret").GetString()!);
    }

    /// <summary>Another host of the same installation, with settings of its own beside. Stop it.</summary>
    internal HostProcess StartAnother(int port, IReadOnlyDictionary<string, string> settings)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_dataFolder, $"{port}")).FullName;
        HostProcess another = new(folder, new Dictionary<string, string>(_settings.Concat(settings))
        {
            ["LocalHost__Port"] = $"{port}",
            ["LocalHost__DataFolder"] = folder,
        });
        another.Start();
        return another;
    }

    /// <summary>Waits until a document is ready or failed.</summary>
    public async Task<JsonElement> SettledAsync(string tenant, string key, string path)
    {
        JsonElement document = default;
        await EventuallyAsync(TimeSpan.FromSeconds(30), async () =>
        {
            (HttpStatusCode status, document) = await SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents/{path}", key);
            return status == HttpStatusCode.OK && document.GetProperty("state").GetString() is "ready" or "failed";
        });
        return document;
    }

    public async Task<string[]> SearchAsync(string tenant, string key, string query)
    {
        (_, JsonElement answer) = await SendAsync(
            HttpMethod.Post, $"tenants/{tenant}/search", key, JsonSerializer.Serialize(new Dictionary<string, string> { ["query"] = query }));
        return [.. answer.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("text").GetString()!)];
    }

    public static async Task EventuallyAsync(TimeSpan patience, Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < patience, "What was waited for did not happen in time.");
            await Task.Delay(50);
        }
    }

    private void Start()
    {
        NpgsqlConnectionStringBuilder server = new(Environment.GetEnvironmentVariable("FREEHOLD_TEST_POSTGRES"))
        {
            Host = "127.0.0.1",
            Port = Postgres.Port,
        };
        _settings = new Dictionary<string, string>(
            HostProcess.Settings(Port, _dataFolder, Azurite.ConnectionString, server.ConnectionString, _catalog))
        {
            ["Ingestion__MaxUploadBytes"] = "5000000",
            ["Tenants__Plans__0__Name"] = "free",
            ["Tenants__Plans__0__QueriesPerMinute"] = "60",
            ["Tenants__Plans__0__MaxDocuments"] = "2",
            ["Tenants__Plans__1__Name"] = "standard",
            ["Tenants__Plans__2__Name"] = "enterprise",
        };
        _process = new HostProcess(_dataFolder, _settings);
        _process.Start();
    }

    private async Task DropDatabasesAsync()
    {
        string server = Environment.GetEnvironmentVariable("FREEHOLD_TEST_POSTGRES")!;
        await using NpgsqlConnection connection = new(server);
        await connection.OpenAsync();
        List<string> left = [];
        await using (NpgsqlConnection catalog = new(
            new NpgsqlConnectionStringBuilder(server) { Database = _catalog, Pooling = false }.ConnectionString))
        {
            await catalog.OpenAsync();
            await using NpgsqlCommand command = new("select database_name from catalog.tenants where database_name is not null", catalog);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                left.Add(reader.GetString(0));
            }
        }

        foreach (string sql in left.Select(name => $"drop database if exists {name} with (force)")
            .Concat(left.Select(name => $"drop role if exists {name}"))
            .Append($"drop database {_catalog} with (force)"))
        {
#pragma warning disable CA2100 // Names of our own.
            await using NpgsqlCommand command = new(sql, connection);
#pragma warning restore CA2100
            await command.ExecuteNonQueryAsync();
        }
    }
}

/// <summary>A test against the running host.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HostFactAttribute : FactAttribute
{
    public HostFactAttribute() => Skip = HostFixture.Missing;
}

/// <summary>A test against the running host, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class HostTheoryAttribute : TheoryAttribute
{
    public HostTheoryAttribute() => Skip = HostFixture.Missing;
}

/// <summary>Tests that share one host.</summary>
[CollectionDefinition(Name)]
public sealed class HostTests : ICollectionFixture<HostFixture>
{
    public const string Name = "Host";
}
