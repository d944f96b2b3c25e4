using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Freehold.Bench.Search;

/// <summary>This program once more, as a process that runs <see cref="QueryCommand"/>.</summary>
internal sealed class QueryProcess : IAsyncDisposable
{
    /// <summary>Name of the hidden command.</summary>
    public const string CommandName = "query";

    private readonly Process _process;
    private readonly Task<string> _errors;

    private QueryProcess()
    {
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Bench.dll"), CommandName },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public static async Task<QueryProcess> StartAsync(QuerySetup setup, CancellationToken cancellationToken)
    {
        QueryProcess process = new();
        try
        {
            await process.SendAsync(JsonSerializer.Serialize(setup), cancellationToken);
            await process.ReceiveAsync(cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs queries one after another.</summary>
    /// <returns>Milliseconds of each, by the process.</returns>
    public async Task<double[]> TimeAsync(IReadOnlyList<string> queries, CancellationToken cancellationToken)
    {
        double[] took = new double[queries.Count];
        for (int i = 0; i < took.Length; i++)
        {
            await SendAsync(queries[i], cancellationToken);
            took[i] = double.Parse(await ReceiveAsync(cancellationToken), CultureInfo.InvariantCulture);
        }

        return took;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task SendAsync(string line, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
    }

    private async Task<string> ReceiveAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException($"The query process has ended: {await _errors}");
}
