using Freehold.Bench.Setup;

namespace Freehold.Bench;

/// <summary>What the figures depend on.</summary>
internal sealed record Machine(
    int Cores,
    string Processor,
    string DotNet,
    string? Postgres = null,
    string? Pgvector = null,
    string? SharedBuffers = null,
    string? Fsync = null,
    string? SynchronousCommit = null)
{
    /// <summary>For what is measured without servers.</summary>
    public static Machine Alone() => new(Environment.ProcessorCount, ProcessorName(), Environment.Version.ToString());

    public static async Task<Machine> DescribeAsync(Servers servers, CancellationToken cancellationToken) => Alone() with
    {
        Postgres = await servers.ScalarAsync<string>("show server_version", cancellationToken),
        Pgvector = await servers.ScalarAsync<string>("select default_version from pg_available_extensions where name = 'vector'", cancellationToken),
        SharedBuffers = await servers.ScalarAsync<string>("show shared_buffers", cancellationToken),
        Fsync = await servers.ScalarAsync<string>("show fsync", cancellationToken),
        SynchronousCommit = await servers.ScalarAsync<string>("show synchronous_commit", cancellationToken),
    };

    public override string ToString() =>
        $"{Cores} cores ({Processor}), .NET {DotNet}" + (Postgres is null
            ? string.Empty
            : $", PostgreSQL {Postgres}, pgvector {Pgvector}, shared_buffers {SharedBuffers}, fsync {Fsync}, synchronous_commit {SynchronousCommit}");

    private static string ProcessorName() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : "unknown";
}
