using System.Diagnostics;
using System.Text.Json;

namespace Freehold.Bench.Setup;

/// <summary>This program once more, as a process that runs a hidden command. A line goes in, a line comes out.</summary>
internal sealed class LineProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private LineProcess(string command)
    {
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Bench.dll"), command },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts the process, tells it what it needs to know, and waits until it answers. By standard input, since others can read arguments.</summary>
    public static async Task<LineProcess> StartAsync<TSetup>(string command, TSetup setup, CancellationToken cancellationToken)
    {
        LineProcess process = new(command);
        try
        {
            await process.AskAsync(JsonSerializer.Serialize(setup), cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Ends it at once, by SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a line and waits for the one that answers it.</summary>
    public async Task<string> AskAsync(string line, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException($"The process has ended: {await _errors}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
