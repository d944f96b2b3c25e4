using System.Diagnostics;
using System.Text.Json;
using Freehold.Ai;
using Freehold.Bench.Search;
using Freehold.Bench.Setup;
using Npgsql;

namespace Freehold.Bench.Cold;

/// <summary>What a connecting process is told in its first line.</summary>
internal sealed record ConnectSetup(double DenseWeight);

/// <summary>A database to enter, and what to search there.</summary>
internal sealed record ConnectRequest(string ConnectionString, string Query);

/// <summary>Milliseconds, on the way in and of the statement.</summary>
internal sealed record ConnectAnswer(double Connect, double Statement)
{
    public double Together => Connect + Statement;
}

/// <summary>
/// The process that does by the driver alone what a search of a cold tenant cannot do without: it opens a connection that is in no
/// pool, and runs the hybrid statement on it, unprepared.
/// </summary>
internal static class ConnectCommand
{
    /// <summary>Name of the hidden command.</summary>
    public const string Name = "connect";

    public static async Task RunAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        ConnectSetup setup = JsonSerializer.Deserialize<ConnectSetup>((await input.ReadLineAsync(cancellationToken))!)!;
        using LexicalEmbedder embedder = new();
        string answer = "ready";
        do
        {
            await output.WriteLineAsync(answer);
            await output.FlushAsync(cancellationToken);
            if (await input.ReadLineAsync(cancellationToken) is not { } line)
            {
                return;
            }

            ConnectRequest request = JsonSerializer.Deserialize<ConnectRequest>(line)!;
            answer = JsonSerializer.Serialize(await TimeAsync(request, embedder.Embed(request.Query), setup.DenseWeight, cancellationToken));
        }
        while (true);
    }

    /// <summary>Has a process do it.</summary>
    public static async Task<ConnectAnswer> AskAsync(LineProcess process, ConnectRequest request, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<ConnectAnswer>(await process.AskAsync(JsonSerializer.Serialize(request), cancellationToken))!;

    private static async Task<ConnectAnswer> TimeAsync(ConnectRequest request, float[] vector, double weight, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await using NpgsqlConnection connection = new(request.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        long connected = Stopwatch.GetTimestamp();
        await using NpgsqlCommand command = QueryCommand.Hybrid(request.Query, vector, weight);
        command.Connection = connection;
        await QueryCommand.ReadAsync(command, cancellationToken);
        return new ConnectAnswer(
            Stopwatch.GetElapsedTime(started, connected).TotalMilliseconds, Stopwatch.GetElapsedTime(connected).TotalMilliseconds);
    }
}
