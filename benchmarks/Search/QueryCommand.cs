using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Freehold.Ai;
using Freehold.Retrieval;
using Freehold.Sql;
using Npgsql;
using Pgvector;

namespace Freehold.Bench.Search;

/// <summary>What a query process is told in its first line.</summary>
internal sealed record QuerySetup(string ConnectionString, string Statement, double DenseWeight);

/// <summary>
/// The process that runs one prepared statement by the driver alone: the setup and then queries, a line each, come in; the
/// milliseconds of each go out.
/// </summary>
internal static class QueryCommand
{
    /// <summary>Name of the hidden command.</summary>
    public const string Name = "query";

    public const string Hybrid = "hybrid";
    public const string Plain = "plain";

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
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        using LexicalEmbedder embedder = new();
        await using NpgsqlCommand command = Command(setup, connection);
        await command.PrepareAsync(cancellationToken);
        await output.WriteLineAsync("ready");
        await output.FlushAsync(cancellationToken);
        while (await input.ReadLineAsync(cancellationToken) is { } query)
        {
            Fill(command, query, embedder.Embed(query));
            double took = await TimeAsync(command, cancellationToken);
            await output.WriteLineAsync(took.ToString("R", CultureInfo.InvariantCulture));
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

    private static NpgsqlCommand Command(QuerySetup setup, NpgsqlConnection connection)
    {
        float[] vector = new float[LexicalEmbedder.Dimensions];
        return setup.Statement switch
        {
            Hybrid => new NpgsqlCommand(SearchSql.For(SearchMode.Hybrid, isFiltered: false), connection)
                .With(Limit).With(Candidates).With(string.Empty).With(vector).With(LexicalEmbedder.ModelId).With(setup.DenseWeight),
            Plain => new NpgsqlCommand(PlainSql, connection).With(Half(vector)),
            _ => throw new ArgumentException($"There is no statement '{setup.Statement}'.", nameof(setup)),
        };
    }

    private static void Fill(NpgsqlCommand command, string query, float[] vector)
    {
        if (command.Parameters.Count == 1)
        {
            ((NpgsqlParameter<HalfVector>)command.Parameters[0]).TypedValue = Half(vector);
        }
        else
        {
            ((NpgsqlParameter<string>)command.Parameters[2]).TypedValue = query;
            ((NpgsqlParameter<float[]>)command.Parameters[3]).TypedValue = vector;
        }
    }

    private static async Task<double> TimeAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await ReadAsync(command, cancellationToken);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static HalfVector Half(float[] vector) => new(Array.ConvertAll(vector, value => (Half)value));
}
