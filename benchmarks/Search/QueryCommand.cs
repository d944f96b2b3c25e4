using System.Diagnostics;
using System.Text.Json;
using Freehold.Ai;
using Freehold.Retrieval;
using Freehold.Sql;
using Npgsql;
using Pgvector;

namespace Freehold.Bench.Search;

/// <summary>What a query process is told in its first line: where, which statement, and on how many connections at a time.</summary>
internal sealed record QuerySetup(string ConnectionString, string Statement, double DenseWeight, int Clients = 1);

/// <summary>
/// The process that runs one prepared statement by the driver alone: the setup and then queries, several in a line, come in; the
/// milliseconds of each go out.
/// </summary>
internal static class QueryCommand
{
    /// <summary>Name of the hidden command.</summary>
    public const string Name = "query";

    public const string HybridName = "hybrid";
    public const string PlainName = "plain";

    /// <summary>The plainest way to the ten nearest vectors: no filter, no second key, the vector in the driver's binary form.</summary>
    public const string PlainSql = "select id from embeddings order by embedding <#> $1 limit 10";

    /// <summary>Passages that a search gives, by default.</summary>
    public const int Limit = 10;

    /// <summary>What each side puts forward, by default.</summary>
    public const int Candidates = 100;

    public static async Task RunAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        QuerySetup setup = JsonSerializer.Deserialize<QuerySetup>((await input.ReadLineAsync(cancellationToken))!)!;
        NpgsqlDataSourceBuilder builder = new(setup.ConnectionString);
        builder.UseVector();
        await using NpgsqlDataSource source = builder.Build();
        NpgsqlConnection[] connections = new NpgsqlConnection[setup.Clients];
        for (int i = 0; i < connections.Length; i++)
        {
            connections[i] = await source.OpenConnectionAsync(cancellationToken);
        }

        using LexicalEmbedder embedder = new();
        await output.WriteLineAsync("ready");
        await output.FlushAsync(cancellationToken);
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            double[] took = await Clients.TimeAsync(JsonSerializer.Deserialize<string[]>(line)!, setup.Clients, async (client, query) =>
            {
                // Prepared by its text, which is the same each time: the first asks the server.
                await using NpgsqlCommand command = Command(setup, query, embedder.Embed(query));
                command.Connection = connections[client];
                await command.PrepareAsync(cancellationToken);
                return await TimeAsync(command, cancellationToken);
            });
            await output.WriteLineAsync(JsonSerializer.Serialize(took));
            await output.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Reads all that a statement answers.</summary>
    public static async Task ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        object[] row = new object[reader.FieldCount];
        while (await reader.ReadAsync(cancellationToken))
        {
            reader.GetValues(row);
        }
    }

    /// <summary>The statement of a hybrid search with nothing asked for but words.</summary>
    public static NpgsqlCommand Hybrid(string query, float[] vector, double weight) => SearchSql.Write(
        new PassageQuery(SearchMode.Hybrid, QueryWords.Parse(query), new QueryVector(vector, LexicalEmbedder.ModelId, new DenseShare(weight, ByScores: false)), new PageOfPassages(Limit), Candidates));

    private static NpgsqlCommand Command(QuerySetup setup, string query, float[] vector) => setup.Statement switch
    {
        HybridName => Hybrid(query, vector, setup.DenseWeight),
        PlainName => new NpgsqlCommand(PlainSql).With(new HalfVector(Array.ConvertAll(vector, value => (Half)value))),
        _ => throw new ArgumentException($"There is no statement '{setup.Statement}'.", nameof(setup)),
    };

    private static async Task<double> TimeAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await ReadAsync(command, cancellationToken);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
