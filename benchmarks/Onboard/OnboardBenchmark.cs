using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Neon.Simulator;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Spares;

namespace Freehold.Bench.Onboard;

/// <summary>Many tenants at once at a simulated Neon, with its rates and with all that goes wrong there: how many a minute, how fast while the warm pool lasts, and what is left behind.</summary>
internal sealed class OnboardBenchmark(Servers servers, int tenants, int pool, double faults, int seed)
{
    private const double MostMilliseconds = 50;

    // As several hosts do.
    private const int Fillers = 4;
    private static readonly TimeSpan LongestFilling = TimeSpan.FromMinutes(5);

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        Report.Tell("onboard: counting calls");
        IReadOnlyList<Line> calls = await new CallsMade(servers).CountAsync(cancellationToken);
        await using NeonSimulator neon = await NeonSimulator.StartAsync(new SimulatorOptions { Postgres = servers.Postgres, KeepsBodies = false });
        await using Installation installation = await Installation.StartAsync(
            servers, null, new Dictionary<string, string?> { ["Provisioning:WarmPool:Size"] = $"{pool}" }.With(neon, neon.Port), cancellationToken);
        NeonFaults.Happen(neon.Faults, seed, faults / 100);
        Report.Tell($"onboard: filling the warm pool with {pool} projects");
        Line filled = await FillAsync(installation, neon, cancellationToken);

        Report.Tell($"onboard: {tenants} tenants");
        int before = neon.Rates.Total;
        int happened = neon.Faults.Happened;
        Onboarding onboarding = new(installation, tenants);
        await onboarding.RunAsync(cancellationToken);
        int asked = neon.Rates.Total - before;
        Leftovers left = await Leftovers.CountAsync(installation, neon, cancellationToken);
        double[] claimed = await onboarding.AnsweredAsync(claimed: true, cancellationToken);
        double[] made = await onboarding.AnsweredAsync(claimed: false, cancellationToken);
        int onTheSpot = tenants - claimed.Length;
        List<Line> lines =
        [
            filled,
            new Line($"{tenants:N0} tenants")
                .With("seconds", onboarding.Seconds).With("projects a minute", onTheSpot / onboarding.Seconds * 60)
                .With("calls", asked).With("a project", (double)asked / Math.Max(1, onTheSpot))
                .Noting($"{onTheSpot} projects made meanwhile; {neon.Faults.Happened - happened} faults"),
            new Line("active").With("count", left.Active),
            new Line("failed, with a reason").With("count", left.Failed).Noting(left.Reasons ?? "none"),
            new Line("left behind").With("count", left.Unfinished + left.SecondOfAName + left.Nobodys).AtMost("count", 0)
                .Noting($"{left.Unfinished} tenants that are neither; {left.SecondOfAName} second projects of a name, {left.Nobodys} that are nobody's"),
            new Line("refused beyond Neon's rates").With("count", neon.Rates.Refused).AtMost("count", 0)
                .Noting($"at most {neon.Rates.HighestPerMinute} calls in a minute, {neon.Rates.HighestPerSecondAndRoute} of a route in a second"),
        ];
        if (claimed.Length > 0)
        {
            lines.Add(Answered($"active while the warm pool lasts ({claimed.Length})", claimed).AtMost("p50 ms", MostMilliseconds));
        }

        if (made.Length > 0)
        {
            lines.Add(Answered($"active afterwards ({made.Length} within 60 s)", made));
        }

        return new Report(
            "onboard",
            "Many tenants at Neon",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double>
            {
                ["tenants"] = tenants,
                ["warm pool"] = pool,
                ["kinds of faults"] = NeonFaults.Count,
                ["per cent of calls, each"] = faults,
                ["seed"] = seed,
            },
            [.. lines, .. calls]);
    }

    private async Task<Line> FillAsync(Installation installation, NeonSimulator neon, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        long ready = 0;
        while (ready < pool && Stopwatch.GetElapsedTime(started) < LongestFilling)
        {
            await Task.WhenAll(Enumerable.Range(0, Fillers).Select(_ => installation.Get<FillWarmPool>().RunAsync(cancellationToken)));
            DescribeFleet fleet = installation.Get<DescribeFleet>();
            ready = (await fleet.RunAsync(cancellationToken)).WarmPool.Sum(region => region.Ready);
        }

        return new Line($"the warm pool, filled by {Fillers}")
            .With("seconds", Stopwatch.GetElapsedTime(started).TotalSeconds)
            .With("calls", neon.Rates.Total).With("a project", (double)neon.Rates.Total / Math.Max(1, ready))
            .Noting($"{ready} of {pool} ready; {neon.Faults.Happened} faults");
    }

    private static Line Answered(string what, double[] milliseconds) => new Line(what)
        .With("p50 ms", Measure.Percentile(milliseconds, 50)).With("p95 ms", Measure.Percentile(milliseconds, 95));
}
