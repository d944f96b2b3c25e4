using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Freehold.Ai;
using Freehold.Bench.Setup;
using Npgsql;

namespace Freehold.Bench.Search;

/// <summary>Searches a second that can be had at most: by the API, and by pgbench, which runs the same statement, prepared.</summary>
internal sealed partial class Saturation(Servers servers, int clients, TimeSpan duration)
{
    // Each is a script of its own, with the query in it: pgbench has no parameters that hold texts.
    private const int Scripts = 20;

    /// <summary>By the API, with that many clients.</summary>
    public async Task<double> ApiAsync(HttpClient http, Tenants.TenantId tenant, string[] queries, CancellationToken cancellationToken)
    {
        SearchClient client = new(http, tenant, clients);
        long started = Stopwatch.GetTimestamp();
        int asked = 0;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            asked += (await client.TimeAsync("hybrid", queries, cancellationToken)).Length;
        }

        return asked / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>By pgbench, with that many connections.</summary>
    public async Task<double> PgbenchAsync(string connectionString, string[] queries, double weight, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("freehold-bench-pgbench-").FullName;
        try
        {
            List<string> arguments = ["-n", "-M", "prepared", "-c", Number(clients), "-j", "2", "-T", Number((int)duration.TotalSeconds)];
            using LexicalEmbedder embedder = new();
            foreach ((int i, string query) in queries.Take(Scripts).Index())
            {
                string script = Path.Combine(folder, $"{i}.sql");
                await using NpgsqlCommand command = QueryCommand.Hybrid(query, embedder.Embed(query), weight);
                await File.WriteAllTextAsync(script, WithLiterals(command) + ";\n", cancellationToken);
                arguments.AddRange(["-f", script]);
            }

            return await RunAsync(connectionString, arguments, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<double> RunAsync(string connectionString, List<string> arguments, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder connection = new(connectionString);
        string program = Path.Combine(Path.GetDirectoryName(servers.Psql) ?? string.Empty, "pgbench");
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PGHOST"] = connection.Host;
        start.Environment["PGPORT"] = Number(connection.Port);
        start.Environment["PGUSER"] = connection.Username;
        start.Environment["PGDATABASE"] = connection.Database;
        start.Environment["PGPASSWORD"] = connection.Password;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return Rate().Match(output) is { Success: true } match
            ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"pgbench did not measure: {await errors}");
    }

    private static string WithLiterals(NpgsqlCommand command) => Parameter().Replace(command.CommandText, match =>
        Literal(command.Parameters[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - 1].Value));

    // pgbench takes a colon before a name for a variable of its own: casts are written out, and made-up words have none.
    private static string Literal(object? value) => value switch
    {
        null or DBNull => "null",
        string text => $"cast('{text.Replace("'", "''", StringComparison.Ordinal)}' as text)",
        float[] vector => $"cast('{{{string.Join(',', vector.Select(part => part.ToString("R", CultureInfo.InvariantCulture)))}}}' as real[])",
        string[] texts => $"cast(array[{string.Join(',', texts.Select(Literal))}] as text[])",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"tps = ([0-9.]+) \(without initial")]
    private static partial Regex Rate();
}
