using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Freehold.Bench.Search;
using Freehold.Bench.Setup;

namespace Freehold.Bench.Neighbours;

/// <summary>
/// A tenant that searches calmly, while another on the same host asks ten times as much as its plan allows. The other is a process of
/// its own, and asks on whether it is answered or not.
/// </summary>
internal sealed class NeighboursBenchmark(Servers servers, int rounds, int seconds, int queriesPerMinute)
{
    private const string Alone = "calm tenant, alone";
    private const string Beside = "calm tenant, neighbour at 10 × its limit";
    private const string Unlimited = "calm tenant, the same neighbour without limits";

    private const int Times = 10;
    private const int Chunks = 1_000;
    private const string Limited = "limited";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        MemoryBlobs blobs = new();
        Dictionary<string, string?> settings = new()
        {
            ["Tenants:DefaultPlan"] = Limited,
            ["Tenants:Plans:0:Name"] = Limited,
            ["Tenants:Plans:0:QueriesPerMinute"] = queriesPerMinute.ToString(CultureInfo.InvariantCulture),
            ["Tenants:Plans:0:ConcurrentSearches"] = "4",
            ["Tenants:Plans:0:Connections"] = "4",
            ["Tenants:Plans:1:Name"] = "enterprise",
        };
        await using Installation installation = await Installation.StartAsync(servers, blobs.Client(), settings, cancellationToken);
        Report.Tell($"neighbours: loading three tenants of {Chunks:N0} chunks");
        LoadedTenant calm = await LoadedTenant.LoadAsync(installation, blobs, "enterprise", Chunks, cancellationToken);
        LoadedTenant limited = await LoadedTenant.LoadAsync(installation, blobs, Limited, Chunks, cancellationToken);
        LoadedTenant unlimited = await LoadedTenant.LoadAsync(installation, blobs, "enterprise", Chunks, cancellationToken);
        await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
        double perSecond = Times * queriesPerMinute / 60d;
        await using LineProcess limitedHammer = await limited.HammerAsync(installation, host.Address, perSecond, cancellationToken);
        await using LineProcess unlimitedHammer = await unlimited.HammerAsync(installation, host.Address, perSecond, cancellationToken);
        using HttpClient client = host.Client(await installation.MakeKeyAsync(calm.Placement, cancellationToken));
        SearchClient search = new(client, calm.Placement.Id);

        Report.Tell($"neighbours: {rounds} rounds of three times {seconds} s");
        HammerAnswer answered = new(0, 0, 0, 0, 0, 0);
        HammerAnswer answeredAll = answered;
        Rounds measured = new();
        await SearchAsync(search, calm, TimeSpan.FromSeconds(3), cancellationToken);
        for (int round = 0; round < rounds; round++)
        {
            Func<Task>[] inTurn =
            [
                async () => measured.Add(Alone, await SearchAsync(search, calm, TimeSpan.FromSeconds(seconds), cancellationToken)),
                async () => answered = answered.Plus(await BesideAsync(measured, Beside, search, calm, limitedHammer, cancellationToken)),
                async () => answeredAll = answeredAll.Plus(await BesideAsync(measured, Unlimited, search, calm, unlimitedHammer, cancellationToken)),
            ];
            for (int i = 0; i < inTurn.Length; i++)
            {
                await inTurn[(round + i) % inTurn.Length]();
            }
        }

        return new Report(
            "neighbours",
            "A calm tenant beside a greedy one",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double>
            {
                ["rounds"] = rounds,
                ["seconds of each"] = seconds,
                ["queries a minute allowed"] = queriesPerMinute,
                ["chunks"] = Chunks,
            },
            [
                measured.Line(Alone),
                Compared(measured, Beside).AtMost("p95 ratio", 1.25),
                Answered("the neighbour's requests", answered).AtMost("no Retry-After", 0),
                Compared(measured, Unlimited),
                Answered("the requests of the one without limits", answeredAll),
            ]);
    }

    private static Line Compared(Rounds measured, string what) => measured.Line(what)
        .With("ratio", measured.Ratio(what, Alone)).With("p95 ratio", measured.Ratio(what, Alone, 95)).Noting($"ratios to: {Alone}");

    private static Line Answered(string what, HammerAnswer answered) => new Line(what)
        .With("sent", answered.Sent).With("200", answered.Served).With("429", answered.Refused)
        .With("no Retry-After", answered.WithoutRetryAfter).With("other", answered.Other).With("not sent", answered.Skipped);

    private async Task<HammerAnswer> BesideAsync(
        Rounds measured, string what, SearchClient search, LoadedTenant calm, LineProcess hammer, CancellationToken cancellationToken)
    {
        TimeSpan duration = TimeSpan.FromSeconds(seconds);
        Task<string> hammering = hammer.AskAsync(JsonSerializer.Serialize(duration), cancellationToken);
        measured.Add(what, await SearchAsync(search, calm, duration, cancellationToken));
        return JsonSerializer.Deserialize<HammerAnswer>(await hammering)!;
    }

    /// <summary>One at a time, at an even pace.</summary>
    private static async Task<double[]> SearchAsync(SearchClient search, LoadedTenant tenant, TimeSpan duration, CancellationToken cancellationToken)
    {
        List<double> took = [];
        using PeriodicTimer pace = new(Pace);
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration && await pace.WaitForNextTickAsync(cancellationToken))
        {
            took.AddRange(await search.TimeAsync("hybrid", [tenant.Queries[took.Count % tenant.Queries.Length]], cancellationToken));
        }

        return [.. took];
    }
}
