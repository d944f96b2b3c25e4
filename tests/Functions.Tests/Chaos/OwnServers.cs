using System.Diagnostics;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>A PostgreSQL and an Azurite that nobody else uses, so that they may be stopped at any time. They end with this process.</summary>
internal sealed class OwnServers(string folder) : IAsyncDisposable
{
    private readonly SemaphoreSlim _lock = new(1);
    private Process? _script;

    /// <summary>What starts them; null where there is nothing to start.</summary>
    public static string? Script { get; } = Environment.GetEnvironmentVariable("FREEHOLD_TEST_SERVERS");

    public string Storage { get; private set; } = string.Empty;

    /// <summary>Connection string of a superuser.</summary>
    public string Postgres { get; private set; } = string.Empty;

    public async Task StartAsync()
    {
        await StartPostgresAsync();
        await DoAsync("start azurite");
        Storage = (await File.ReadAllTextAsync(Path.Combine(folder, "storage.connection"))).Trim();
    }

    /// <summary>Without an Azurite.</summary>
    public async Task StartPostgresAsync()
    {
        _script = Process.Start(new ProcessStartInfo("bash", [Script!, folder]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await DoAsync("start postgres");
        string port = (await File.ReadAllTextAsync(Path.Combine(folder, "postgres.port"))).Trim();
        string password = (await File.ReadAllTextAsync(Path.Combine(folder, "postgres.password"))).Trim();
        Postgres = $"Host=127.0.0.1;Port={port};Username=freehold;Password={password};Database=postgres";
    }

    /// <summary>Breaks off what goes on: <c>QUIT</c> as a crash does, with recovery afterwards; <c>INT</c> in order.</summary>
    public async Task RestartPostgresAsync(string signal, TimeSpan away)
    {
        await DoAsync($"stop postgres {signal}");
        await Task.Delay(away);
        await DoAsync("start postgres");
    }

    public async Task RestartAzuriteAsync(TimeSpan away)
    {
        await DoAsync("stop azurite");
        await Task.Delay(away);
        await DoAsync("start azurite");
    }

    public async ValueTask DisposeAsync()
    {
        if (_script is not null)
        {
            _script.StandardInput.Close();
            await _script.WaitForExitAsync();
            _script.Dispose();
            _script = null;
        }

        _lock.Dispose();
    }

    private async Task DoAsync(string command)
    {
        await _lock.WaitAsync();
        try
        {
            await _script!.StandardInput.WriteLineAsync(command);
            await _script.StandardInput.FlushAsync();
            Assert.Equal("ok", await _script.StandardOutput.ReadLineAsync());
        }
        finally
        {
            _lock.Release();
        }
    }
}
