using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Freehold.LocalHost.Worker;
using Npgsql;

namespace Freehold.Functions.Tests.Api;

/// <summary>The local host as a process of its own, which can be ended and started again on the same folder.</summary>
internal sealed class HostProcess(string folder, IReadOnlyDictionary<string, string> settings)
{
    private readonly StringBuilder _log = new();
    private Process? _process;
    private bool _isEnded;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Whether it is gone though nobody wanted that.</summary>
    public bool EndedByItself => !_isEnded && _process is { HasExited: true };

    /// <summary>What it has written so far, in all its lives.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Most memory that it has had in this life, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            string line = File.ReadLines($"/proc/{_process!.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <summary>What every host needs. The servers are named by connection strings.</summary>
    public static Dictionary<string, string> Settings(int port, string folder, string storage, string postgres, string catalog) => new()
    {
        ["LocalHost__Port"] = $"{port}",
        ["LocalHost__DataFolder"] = folder,
        ["Storage"] = storage,
        ["ServiceBus"] = storage,
        ["Catalog__ConnectionString"] = new NpgsqlConnectionStringBuilder(postgres) { Database = catalog, Timeout = 3 }.ConnectionString,
        ["Provisioning__Postgres__ConnectionString"] = new NpgsqlConnectionStringBuilder(postgres) { Timeout = 3 }.ConnectionString,
        ["Tenants__AdminKeySha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(HostFixture.AdminKey))),
        ["Tenants__CredentialKeys__0__Id"] = "test",
        ["Tenants__CredentialKeys__0__Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["Tenants__CertificateKeys__0__Id"] = "test",
        ["Tenants__CertificateKeys__0__Key"] = HostFixture.CertificateKey,
        ["Provisioning__WarmPool__Size"] = "0",
    };

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Start()
    {
        ProcessStartInfo start = new("dotnet", [typeof(FunctionsApplication).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        using Process? former = _process;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Remember(line.Data);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _isEnded = false;
    }

    /// <summary>With SIGKILL: from one instruction to the next it is gone.</summary>
    public async Task KillAsync()
    {
        _isEnded = true;
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task StopAsync()
    {
        _isEnded = true;
        using Process terminate = Process.Start("kill", ["-TERM", $"{_process!.Id}"]);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(limit.Token);
    }

    private void Remember(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
