using System.Diagnostics;
using System.Text.Json;
using Freehold.Bench.Setup;
using Freehold.Provisioning.Fleet;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Bench.Reconcile;

/// <summary>What a reconciliation found, and how many seconds it took.</summary>
internal sealed record Reconciled(double Seconds, bool Complete, int Orphans, string[] OrphanNames, int Drift, string?[] DriftTenants, int Removed);

/// <summary>A host that reconciles and does nothing else, in a process of its own, so that its memory is its own and it can be killed.</summary>
internal static class ReconcileCommand
{
    public const string Name = "reconcile-host";

    /// <summary>The first line that comes in holds the settings; each other has one reconciliation made, which is answered by what came of it.</summary>
    public static async Task<int> RunAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        Dictionary<string, string?> settings = JsonSerializer.Deserialize<Dictionary<string, string?>>((await input.ReadLineAsync(cancellationToken))!)!;
        await using ServiceProvider host = Installation.Compose(settings);
        await output.WriteLineAsync("ready");
        while (await input.ReadLineAsync(cancellationToken) is not null)
        {
            long started = Stopwatch.GetTimestamp();
            ReconciliationReport report = (await host.GetRequiredService<Freehold.Provisioning.Fleet.Reconcile>().RunAsync(cancellationToken))!;
            await output.WriteLineAsync(JsonSerializer.Serialize(new Reconciled(
                Stopwatch.GetElapsedTime(started).TotalSeconds,
                report.Complete,
                report.OrphanCount,
                [.. report.Orphans.Select(orphan => orphan.Name)],
                report.DriftCount,
                [.. report.Drift.Select(drift => drift.Tenant)],
                report.Removed.Count)));
        }

        return 0;
    }
}
