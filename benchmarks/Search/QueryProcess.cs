using System.Text.Json;
using Freehold.Bench.Setup;

namespace Freehold.Bench.Search;

/// <summary>A process that runs <see cref="QueryCommand"/>.</summary>
internal sealed class QueryProcess : IAsyncDisposable
{
    private readonly LineProcess _process;

    private QueryProcess(LineProcess process) => _process = process;

    public static async Task<QueryProcess> StartAsync(QuerySetup setup, CancellationToken cancellationToken) =>
        new(await LineProcess.StartAsync(QueryCommand.Name, setup, cancellationToken));

    /// <summary>Runs queries, on each connection one after another.</summary>
    /// <returns>Milliseconds of each, by the process.</returns>
    public async Task<double[]> TimeAsync(IReadOnlyList<string> queries, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<double[]>(await _process.AskAsync(JsonSerializer.Serialize(queries), cancellationToken))!;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
