using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Freehold.Functions.Tests.Api;
using Freehold.Messaging;
using Freehold.Tests.Ai;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>One host with servers of its own, and everything that befalls them.</summary>
internal sealed class ChaosRun(ChaosScale scale, bool remote, int seed, Action<string> tell) : IAsyncDisposable
{
    private const string Catalog = "freehold_chaos";
    private const int LivesAtOnce = 24;
    private const int Tenants = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("freehold-chaos-").FullName;
    private readonly Random _random = new(seed);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly long _started = Stopwatch.GetTimestamp();
    private OwnServers? _servers;
    private EmbeddingServer? _model;
    private HostProcess? _host;

    public string Log => _host?.Log ?? string.Empty;

    private BlobContainerClient Container => new(_servers!.Storage, "documents");

    public async Task StartAsync()
    {
        string servers = Directory.CreateDirectory(Path.Combine(_folder, "servers")).FullName;
        _servers = new OwnServers(servers);
        await _servers.StartAsync();
        int port = HostProcess.FreePort();
        Dictionary<string, string> settings = new(HostProcess.Settings(port, _folder, _servers.Storage, _servers.Postgres, Catalog))
        {
            // Short, so that what a dead host had in hand is taken up again while somebody waits for it.
            ["Ingestion__Lease"] = "00:00:30",
            ["Ingestion__MaxReadTime"] = "00:00:20",
            ["Ingestion__WakeUpPatience"] = "00:00:15",
            ["Ingestion__SweepInterval"] = "00:00:20",
            ["Ingestion__SweepGrace"] = "00:00:10",
        };
        if (remote)
        {
            _model = await EmbeddingServer.StartAsync();
            settings["Ai__DefaultModel"] = "far";
            settings["Ai__Models__0__Id"] = "far";
            settings["Ai__Models__0__Provider"] = "OpenAI";
            settings["Ai__Models__0__Endpoint"] = $"{_model.Endpoint}";
            settings["Ai__Models__0__Dimensions"] = $"{EmbeddingServer.Dimensions}";
            settings["Ai__Models__0__MaxBatchChunks"] = "8";
            settings["Ai__Models__0__FirstPause"] = "00:00:00.2";
            settings["Ai__Models__0__BreakDuration"] = "00:00:01";
        }

        _host = new HostProcess(_folder, settings);
        _http.BaseAddress = new Uri($"http://localhost:{port}/api/");
        _host.Start();
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(120), async () => (await _http.GetAsync("health/ready")).IsSuccessStatusCode);
        Tell("the host is ready");
    }

    public async Task RunAsync()
    {
        List<(PatientClient Client, StoredTenant Stored)> tenants = [];
        for (int i = 0; i < Tenants; i++)
        {
            tenants.Add(await ProvisionAsync());
        }

        IReadOnlyList<DocumentLife> lives = Plan([.. tenants.Select(tenant => tenant.Client)]);
        await DisturbAsync(lives, [.. tenants.Select(tenant => tenant.Stored.Uid)]);
        await QuietAsync([.. tenants.Select(tenant => tenant.Stored)]);
        foreach ((PatientClient client, StoredTenant stored) in tenants)
        {
            await Verdict.AssertBlobsAsync(stored, lives.Where(life => life.Tenant == client.Tenant));
        }

        // What each blob comes to where nothing is in the way.
        List<StoredTenant> fresh = [];
        foreach ((PatientClient client, StoredTenant stored) in tenants)
        {
            StoredTenant other = (await ProvisionAsync()).Stored;
            fresh.Add(other);
            await Parallel.ForEachAsync(
                await stored.BlobsAsync(),
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (blob, _) => await other.CopyAsync(stored, blob.Key, client.Tenant));
        }

        await QuietAsync(fresh);
        for (int i = 0; i < Tenants; i++)
        {
            await Verdict.AssertSameAsync(tenants[i].Stored, fresh[i]);
        }

        Tell("everything is as it should be");
    }

    /// <summary>Keeps what somebody who looks for the reason needs.</summary>
    public async Task<string> KeepLogAsync()
    {
        string kept = Path.Combine(Path.GetTempPath(), $"freehold-chaos-{seed}.log");
        await File.WriteAllTextAsync(kept, Log);
        return kept;
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is { IsRunning: true })
        {
            await _host.KillAsync();
        }

        if (_model is not null)
        {
            await _model.DisposeAsync();
        }

        if (_servers is not null)
        {
            await _servers.DisposeAsync();
        }

        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private List<DocumentLife> Plan(PatientClient[] clients)
    {
        List<DocumentLife> lives = [];
        for (int number = 0; number < scale.Documents; number++)
        {
            PatientClient client = clients[number % clients.Length];
            bool isContested = number % 20 == 7;
            int documentSeed = _random.Next();
            for (int life = 0; life < (isContested ? 2 : 1); life++)
            {
                WrittenDocument document = new(number, number < scale.LongDocuments, new Random(documentSeed));
                lives.Add(new DocumentLife(client, document, new Random(_random.Next()), scale.LongestPause) { IsContested = isContested });
            }
        }

        return lives;
    }

    private async Task DisturbAsync(IReadOnlyList<DocumentLife> lives, IReadOnlyList<Guid> uids)
    {
        int steps = lives.Sum(life => life.Left + 1);
        int done = 0;
        Troubles troubles = new(_host!, _servers!, _http, scale, new Random(_random.Next()), Tell);
        QueueMeddler meddler = new(_servers!.Storage, uids, [.. lives.Select(life => (life.Tenant, life.Path))], new Random(_random.Next()));
        using CancellationTokenSource ended = new();
        Task meddling = meddler.RunAsync(ended.Token);
        Task throttling = ThrottleAsync(new Random(_random.Next()), ended.Token);
        Task trouble = troubles.RunAsync(default);
        Task living = Parallel.ForEachAsync(
            lives,
            new ParallelOptions { MaxDegreeOfParallelism = LivesAtOnce },
            async (life, token) => await life.RunAsync(() => troubles.Progress = (double)Interlocked.Increment(ref done) / steps, token));
        await await Task.WhenAny(living, trouble);
        await Task.WhenAll(living, trouble);
        await ended.CancelAsync();
        await Task.WhenAll(meddling, throttling);
        Tell($"{steps} steps of {lives.Count} lives are done, and {meddler.Count} messages were meddled with");
    }

    private async Task ThrottleAsync(Random chance, CancellationToken cancellationToken)
    {
        while (_model is not null && !cancellationToken.IsCancellationRequested)
        {
            _model.ThenStatus(chance.Next(2) == 0 ? 429 : 503, chance.Next(1, 4));
            _model.Requests.Clear();
            await Task.Delay(chance.Next(500, 4_000), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(PatientClient Client, StoredTenant Stored)> ProvisionAsync()
    {
        string id = "t" + Guid.NewGuid().ToString("N")[..16];
        await AdminAsync(HttpMethod.Post, "tenants?wait=30", $$"""{"id":"{{id}}","plan":"enterprise"}""");

        // The first attempt may meet a connection that a restart of the server has cut; the next comes in seconds.
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(60), async () =>
            (await AdminAsync(HttpMethod.Get, $"tenants/{id}")).GetProperty("state").GetString() == "active");
        JsonElement key = await AdminAsync(HttpMethod.Post, $"tenants/{id}/keys", """{"name":"test"}""");
        StoredTenant stored = new(id, _servers!.Postgres, Catalog, Container);
        await stored.FindAsync();
        return (new PatientClient(_http, Container, id, key.GetProperty("secret").GetString()!), stored);
    }

    private async Task<JsonElement> AdminAsync(HttpMethod method, string path, string? body = null)
    {
        using HttpRequestMessage request = new(method, path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + HostFixture.AdminKey);
        using HttpResponseMessage response = await _http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>Until nothing is left to be done and the manifest names the blobs that are there.</summary>
    private async Task QuietAsync(IReadOnlyList<StoredTenant> tenants)
    {
        // A host that is killed in the middle of a sweep holds the next one up for five minutes, and what no event has told waits for it.
        TimeSpan patience = TimeSpan.FromMinutes(scale == ChaosScale.Full ? 10 : 7);
        long started = Stopwatch.GetTimestamp();
        while (await UnquietAsync(tenants) is { } reason)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < patience, $"After {patience} it is not quiet: {reason}");
            await Task.Delay(250);
        }

        Tell($"it is quiet, after {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
    }

    private async Task<string?> UnquietAsync(IReadOnlyList<StoredTenant> tenants)
    {
        foreach (StoredTenant tenant in tenants)
        {
            IReadOnlyList<string> unfinished = await tenant.UnfinishedAsync();
            if (unfinished.Count > 0)
            {
                return $"{unfinished.Count} documents are unfinished: {string.Join("; ", unfinished.Take(5))}";
            }

            Dictionary<string, string> blobs = await tenant.BlobsAsync();
            Dictionary<string, string> manifest = await tenant.ManifestAsync();
            string[] different = [.. blobs.Except(manifest).Concat(manifest.Except(blobs)).Select(blob => blob.Key).Distinct()];
            if (different.Length > 0)
            {
                return $"{different.Length} documents are not their blobs: {string.Join("; ", different.Take(5))}";
            }
        }

        // What a dead host held comes back after a minute. It is no matter when, but to those who have the time.
        foreach (string name in scale == ChaosScale.Full ? new[] { Queues.Documents, Queues.Embeddings, Queues.BlobDeletions } : [])
        {
            QueueClient queue = new(_servers!.Storage, name);
            int waiting = (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount;
            if (waiting > 0)
            {
                return $"{waiting} messages are in {name}";
            }
        }

        return null;
    }

    private void Tell(string what) => tell($"{Stopwatch.GetElapsedTime(_started).TotalSeconds,6:F1} s: {what}");
}
