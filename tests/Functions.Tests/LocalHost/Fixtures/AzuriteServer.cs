using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace Freehold.Functions.Tests.LocalHost.Fixtures;

/// <summary>An Azurite of a test class's own, in memory and on free ports. It can be stopped, and started again empty.</summary>
public sealed class AzuriteServer : IAsyncLifetime
{
    private const string Variable = "FREEHOLD_TEST_AZURITE";

    private readonly int[] _ports = FreePorts(3);
    private Process? _process;

    /// <summary>Reason to skip tests; none where there is an Azurite, nor in CI.</summary>
    public static string? WhySkip => Executable is null && !InCI ? $"Set {Variable} to the path of the azurite executable." : null;

    public static string? Executable => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    /// <summary>With the account and the key that every Azurite has.</summary>
    public string ConnectionString =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + $"BlobEndpoint=http://127.0.0.1:{_ports[0]}/devstoreaccount1;QueueEndpoint=http://127.0.0.1:{_ports[1]}/devstoreaccount1;";

    private static bool InCI => Environment.GetEnvironmentVariable("CI") == "true";

    public TimeSpan CpuTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public BlobContainerClient Container(string name) => new(ConnectionString, name);

    public QueueClient Queue(string name) => new(ConnectionString, name);

    public async Task InitializeAsync()
    {
        if (WhySkip is null)
        {
            await StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }
    }

    public async Task StartAsync()
    {
        string executable = Executable ?? throw new InvalidOperationException($"{Variable} must name the azurite executable.");
        _process = Process.Start(new ProcessStartInfo(executable,
        [
            "--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--loose", "--disableTelemetry",
            "--blobPort", $"{_ports[0]}", "--queuePort", $"{_ports[1]}", "--tablePort", $"{_ports[2]}",
        ])
        {
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await ListensAsync(_ports[0], limit.Token);
        await ListensAsync(_ports[1], limit.Token);
    }

    public async Task StopAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private static async Task ListensAsync(int port, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(listeners, listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        Array.ForEach(listeners, listener => listener.Dispose());
        return ports;
    }
}
