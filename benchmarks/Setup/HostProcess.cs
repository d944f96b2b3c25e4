using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Freehold.Bench.Setup;

/// <summary>Freehold's development host as a process of its own, on a free port, with the installation's catalog and servers.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _folder;
    private readonly Task _log;

    private HostProcess(Installation installation)
    {
        _folder = Directory.CreateTempSubdirectory("freehold-bench-host-").FullName;
        int port = FreePort();
        Address = new Uri($"http://localhost:{port}/api/");
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Assembly() },
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in installation.Settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["LocalHost__Port"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["LocalHost__DataFolder"] = _folder;
        _process = Process.Start(start)!;
        _log = Task.WhenAll(LogAsync(_process.StandardOutput, "out.log"), LogAsync(_process.StandardError, "error.log"));
    }

    /// <summary>Starts a host and waits until it is ready.</summary>
    public static async Task<HostProcess> StartAsync(Installation installation, CancellationToken cancellationToken)
    {
        HostProcess host = new(installation);
        try
        {
            await host.WaitAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Where its API is.</summary>
    public Uri Address { get; }

    /// <summary>A client whose connections stay open, with that key if its requests bring none of their own.</summary>
    public HttpClient Client(string key) => new(new SocketsHttpHandler { PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan })
    {
        BaseAddress = Address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // .NET sends no SIGTERM, and only that lets the host end in order.
            using Process kill = Process.Start(
                new ProcessStartInfo("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]) { RedirectStandardError = true })!;
            await kill.WaitForExitAsync();
        }

        try
        {
            await _process.WaitForExitAsync().WaitAsync(StopPatience);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }

        await _log;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using HttpClient client = Client("none");
        long started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(client, cancellationToken))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartPatience)
            {
                throw new InvalidOperationException($"Freehold's host did not get ready. Its log:\n{await ReadLogAsync(cancellationToken)}");
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri("health/ready", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task LogAsync(StreamReader reader, string name)
    {
        await using FileStream file = new(Path.Combine(_folder, name), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        await reader.BaseStream.CopyToAsync(file);
    }

    private async Task<string> ReadLogAsync(CancellationToken cancellationToken)
    {
        string text = string.Empty;
        foreach (string name in (string[])["out.log", "error.log"])
        {
            await using FileStream file = new(Path.Combine(_folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(file);
            text += await reader.ReadToEndAsync(cancellationToken);
        }

        return text[Math.Max(0, text.Length - 4_000)..];
    }

    /// <summary>Built together with this program, in the same configuration.</summary>
    private static string Assembly()
    {
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        DirectoryInfo configuration = framework.Parent!;
        string root = configuration.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", "LocalHost", "bin", configuration.Name, framework.Name, "Freehold.LocalHost.dll");
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
