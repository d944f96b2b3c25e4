using System.Net;
using Freehold.Neon;
using Freehold.Neon.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Freehold.Tests.Neon;

/// <summary>An account at a simulator, and a client of it that hurries.</summary>
internal sealed class NeonAccount : IAsyncDisposable
{
    private NeonAccount(NeonSimulator simulator, NeonOptions options)
    {
        Simulator = simulator;
        Options = options;
        Client = NewClient();
    }

    public NeonSimulator Simulator { get; }

    public NeonOptions Options { get; }

    public NeonClient Client { get; }

    public static async Task<NeonAccount> OpenAsync(SimulatorOptions? options = null, Action<NeonOptions>? change = null)
    {
        NeonSimulator simulator = await NeonSimulator.StartAsync(options ?? new SimulatorOptions { OperationTime = TimeSpan.Zero });
        NeonOptions settings = new()
        {
            ApiKey = simulator.ApiKey,
            ApiAddress = simulator.Address,
            OrgId = simulator.OrgId,
            RegionId = "aws-eu-central-1",
            FirstPause = TimeSpan.FromMilliseconds(5),
            LongestPause = TimeSpan.FromMilliseconds(50),
            SettlePause = TimeSpan.FromMilliseconds(5),
            RetryBudget = TimeSpan.FromSeconds(5),
        };
        change?.Invoke(settings);
        return new NeonAccount(simulator, settings);
    }

    /// <summary>Another process, so to say.</summary>
    public NeonClient NewClient() => new(Options, TimeProvider.System, NullLogger<NeonClient>.Instance);

    public Task<NeonTenantProject> CreateAsync(string name, bool resumed = false) =>
        Client.CreateProjectAsync(Plan(name), resumed, CancellationToken.None);

    public static NeonProjectPlan Plan(string name) => new(name, name + "_owner", name + "_db")
    {
        Quota = new NeonQuota { ActiveTimeSeconds = 3600, LogicalSizeBytes = 1_000_000_000 },
    };

    /// <summary>Brings a deleted project back, as whoever holds the account can; the product has no call for it.</summary>
    /// <returns>The answer's status.</returns>
    public async Task<HttpStatusCode> RecoverAsync(string projectId)
    {
        using HttpClient http = new() { DefaultRequestHeaders = { Authorization = new("Bearer", Simulator.ApiKey) } };
        using HttpResponseMessage answer = await http.PostAsync(new Uri($"{Simulator.Address}/projects/{projectId}/recover"), content: null);
        return answer.StatusCode;
    }

    public int Count(string method, string route) =>
        Simulator.Requests.Count(request => request.Method == method && request.Route == route);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Simulator.DisposeAsync();
    }
}
