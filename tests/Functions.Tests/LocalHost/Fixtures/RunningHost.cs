using Freehold.LocalHost;
using Freehold.LocalHost.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Freehold.Functions.Tests.LocalHost.Fixtures;

/// <summary>A local host in this process with the functions of a test, on a free port and with a data folder of its own.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly string? _ownFolder;

    private RunningHost(IHost host, Invocations invocations, CapturedLog log, string? ownFolder)
    {
        (_host, Invocations, Log, _ownFolder) = (host, invocations, log, ownFolder);
        Http = new HttpClient { BaseAddress = new Uri(((WebApplication)host).Urls.First()) };
    }

    public Invocations Invocations { get; }

    public CapturedLog Log { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _host.Services;

    public static async Task<RunningHost> StartAsync(
        IEnumerable<Type> functions,
        string? storage = null,
        string? dataFolder = null,
        Action<LocalHostOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Invocations? invocations = null,
        params (string Name, string Value)[] settings)
    {
        string? ownFolder = dataFolder is null ? Directory.CreateTempSubdirectory("localhost-").FullName : null;
        invocations ??= new Invocations();
        var log = new CapturedLog();
        FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder([], functions).ConfigureFunctionsWebApplication();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["LocalHost:Port"] = "0",
            ["LocalHost:DataFolder"] = dataFolder ?? ownFolder,
            ["Storage"] = storage,
            ["ServiceBus"] = storage,
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Name, (string?)pair.Value)));
        builder.Services.AddSingleton(invocations);
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(log));
        builder.Services.Configure(options ?? (_ => { }));
        services?.Invoke(builder.Services);

        IHost host = builder.Build();
        await host.StartAsync();
        return new RunningHost(host, invocations, log, ownFolder);
    }

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Http.Dispose();
        if (_ownFolder is not null)
        {
            Directory.Delete(_ownFolder, recursive: true);
        }
    }
}
