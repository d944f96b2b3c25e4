using System.Diagnostics;
using CsCheck;
using Freehold.Integration.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>
/// Random lives: calls by both ways in, wake-ups that come late, twice, at the same time or in another order, hosts that stop after
/// any number of calls to a server, and a server that is away. Each call must do what a simple model says, and in the end the
/// invariants of docs/jobs.md must hold. FREEHOLD_PROPERTY_ITERATIONS makes it longer.
/// </summary>
public sealed class LifecycleProperties(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>, IDisposable
{
    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (8, Gen.Select(Gen.Enum<TenantCall>(), Gen.Int[0, TenantLife.Names - 1], Gen.Bool).Select((call, name, byQueue) => new Step(call, name, byQueue, 0, 0, false))),
        (8, Gen.Select(Gen.Int[0, 1000], Gen.Int[1, 2], Gen.Int[0, 12], Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))))
            .Select((message, times, stopAfter, away) => new Step(null, message, false, times, stopAfter, away))));

    private static readonly int Iterations =
        int.TryParse(Environment.GetEnvironmentVariable("FREEHOLD_PROPERTY_ITERATIONS"), out int iterations) ? iterations : 100;

    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name is "Npgsql" or "System.Net.Http",
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        ActivityStopped = _ => Countdown.Current.Value?.Count(),
    };

    public void Dispose() => _listener.Dispose();

    [ServerFact]
    public async Task Lives_in_any_order_do_what_the_model_says_and_keep_the_invariants()
    {
        ActivitySource.AddActivityListener(_listener);
        Dictionary<string, string?> quick = new() { ["Provisioning:FirstBackoff"] = "00:00:00.01", ["Provisioning:MaxBackoff"] = "00:00:00.03" };
        await using ServiceProvider host = freehold.Build(quick);
        await using ServiceProvider away = freehold.Build(new(quick)
        {
            ["Provisioning:Postgres:ConnectionString"] =
                new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Port = 1, Timeout = 2 }.ConnectionString,
            ["Provisioning:MaxAttempts"] = "2",
        });
        await AnyStep.Array[4, 24].SampleAsync(steps => new TenantLife(freehold, host, away).RunAsync(steps), iter: Iterations, threads: 1);
    }
}
