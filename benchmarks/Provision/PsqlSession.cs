using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Freehold.Bench.Setup;
using Npgsql;

namespace Freehold.Bench.Provision;

/// <summary>A psql that stays, and times each statement itself.</summary>
internal sealed partial class PsqlSession : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    public PsqlSession(Servers servers)
    {
        NpgsqlConnectionStringBuilder connection = new(servers.Postgres);
        ProcessStartInfo start = new(servers.Psql)
        {
            ArgumentList =
            {
                "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", connection.Host!, "-p", connection.Port.ToString(CultureInfo.InvariantCulture),
                "-U", connection.Username!, "-d", "postgres",
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = connection.Password;
        start.Environment["LC_ALL"] = "C";
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
        _process.StandardInput.AutoFlush = true;
        _process.StandardInput.WriteLine("\\timing on");
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    /// <returns>Milliseconds, by psql.</returns>
    public async Task<double> TimeAsync(string statement, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync($"{statement};".AsMemory(), cancellationToken);
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Timing().Match(line) is { Success: true } match)
            {
                return double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException($"psql has ended: {await _errors}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex("^Time: ([0-9.]+) ms")]
    private static partial Regex Timing();
}
