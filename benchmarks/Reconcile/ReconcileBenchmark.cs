using System.Text.Json;
using Freehold.Bench.Ingest;
using Freehold.Bench.Setup;
using Freehold.Neon.Simulator;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Reconcile;

/// <summary>
/// What Neon has against the catalog, with as many projects on either side, by a host in a process of its own: at Neon's rates; killed half-way
/// and started again; and with a page of which Neon says that some of it could not be read.
/// </summary>
internal sealed class ReconcileBenchmark(Servers servers, int projects)
{
    private const double MostTimesTheFloor = 1.1;
    private const double MostMegabytes = 300;
    private const int PageSize = 400;
    private const string Go = "go";

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        await using Installation installation = await Installation.StartAsync(servers, null, [], cancellationToken);
        await installation.Get<DocumentBlobs>().CreateContainerAsync(cancellationToken);
        Report.Tell($"reconcile: {projects:N0} tenants into the catalog");
        await using PlantedFleet fleet = await PlantedFleet.PlantAsync(installation, projects, cancellationToken);
        Report.Tell("reconcile: at Neon's rates");
        Line whole = await WholeAsync(installation, fleet, cancellationToken);

        // The rates have been looked at: what follows is about what is asked, and how often.
        (fleet.Neon.Rates.PerMinute, fleet.Neon.Rates.PerSecondAndRoute) = (1_000_000, 100_000);
        Report.Tell("reconcile: killed half-way, and started again");
        Line killed = await KilledAsync(installation, fleet, cancellationToken);
        Report.Tell("reconcile: with a page that Neon could not read");
        Line partial = await PartialAsync(installation, fleet, cancellationToken);
        return new Report(
            "reconcile",
            "What Neon has against the catalog",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double>
            {
                ["projects"] = fleet.Projects,
                ["tenants"] = projects,
                ["without a project"] = fleet.MissingTenants.Count,
                ["nobody's"] = fleet.Orphans.Count,
            },
            [whole, killed, partial]);
    }

    private static async Task<Line> WholeAsync(Installation installation, PlantedFleet fleet, CancellationToken cancellationToken)
    {
        int before = fleet.Neon.Requests.Count;
        await using LineProcess host = await LineProcess.StartAsync(ReconcileCommand.Name, installation.Settings.With(fleet.Neon), cancellationToken);
        PeakMemory memory = PeakMemory.Watch(host.Id);
        Reconciled found = await ReconcileAsync(host, cancellationToken);
        int listings = Listings(fleet, before);
        double floor = ListingFloor.Seconds(listings);
        return Found($"{fleet.Projects:N0} projects", fleet, found)
            .With("seconds", found.Seconds).With("floor", floor).With("times", found.Seconds / floor).With("list calls", listings)
            .With("429s", fleet.Neon.Rates.Refused).With("MiB before", memory.Before).With("peak MiB", memory.Peak)
            .AtMost("times", MostTimesTheFloor).AtMost("peak MiB", MostMegabytes).AtMost("429s", 0)
            .Noting($"at most {fleet.Neon.Rates.HighestPerMinute} calls in a minute, {fleet.Neon.Rates.HighestPerSecondAndRoute} in a second");
    }

    private static async Task<Line> KilledAsync(Installation installation, PlantedFleet fleet, CancellationToken cancellationToken)
    {
        Dictionary<string, string?> settings = Unhurried(installation, fleet);
        int before = fleet.Neon.Requests.Count;
        int pages = (fleet.Projects / PageSize) + 1;
        int half = fleet.Neon.Rates.Total + (pages / 2);
        await using (LineProcess first = await LineProcess.StartAsync(ReconcileCommand.Name, settings, cancellationToken))
        {
            Task<string> interrupted = first.AskAsync(Go, cancellationToken);
            while (fleet.Neon.Rates.Total < half && !interrupted.IsCompleted)
            {
                await Task.Delay(1, cancellationToken);
            }

            first.Kill();
            await ((Task)interrupted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (interrupted.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("The reconciliation had ended before it was killed.");
            }
        }

        int byFirst = Listings(fleet, before);
        await using LineProcess second = await LineProcess.StartAsync(ReconcileCommand.Name, settings, cancellationToken);
        PeakMemory memory = PeakMemory.Watch(second.Id);
        Reconciled found = await ReconcileAsync(second, cancellationToken);
        int listings = Listings(fleet, before);
        return Found("killed half-way, and started again", fleet, found)
            .With("seconds", found.Seconds).With("list calls", listings).With("peak MiB", memory.Peak)
            .AtMost("list calls", pages + 3).AtMost("peak MiB", MostMegabytes)
            .Noting($"{byFirst} calls by the first, {listings - byFirst} by the second, whose seconds these are; without Neon's rates");
    }

    private static async Task<Line> PartialAsync(Installation installation, PlantedFleet fleet, CancellationToken cancellationToken)
    {
        int before = fleet.Neon.Requests.Count;
        string sightings = await SightingsAsync(installation, cancellationToken);
        for (int page = 0; page < fleet.Projects / PageSize / 2; page++)
        {
            fleet.Neon.Faults.Then(new Fault(FaultKind.Slow) { Method = "GET", Route = "projects", Delay = TimeSpan.Zero });
        }

        fleet.Neon.Faults.Then(new Fault(FaultKind.Unavailable) { Method = "GET", Route = "projects" });
        await using LineProcess host = await LineProcess.StartAsync(ReconcileCommand.Name, Unhurried(installation, fleet), cancellationToken);
        Reconciled found = await ReconcileAsync(host, cancellationToken);
        bool untouched = !found.Complete && found.Drift == 0 && found.Removed == 0 && sightings == await SightingsAsync(installation, cancellationToken)
            && fleet.Neon.Requests.Skip(before).All(request => request.Method == "GET");
        return new Line("a page half-way that Neon could not read")
            .With("seconds", found.Seconds).With("list calls", Listings(fleet, before)).With("judged all the same", untouched ? 0 : 1)
            .AtMost("judged all the same", 0);
    }

    private static Line Found(string what, PlantedFleet fleet, Reconciled found)
    {
        int wrong = Differences(fleet.Orphans, found.OrphanNames) + Differences(fleet.MissingTenants, found.DriftTenants!)
            + Math.Abs(found.Orphans - fleet.Orphans.Count) + Math.Abs(found.Drift - fleet.MissingTenants.Count) + (found.Complete ? 0 : 1);
        return new Line(what).With("wrongly judged", wrong).AtMost("wrongly judged", 0);
    }

    private static int Differences(IEnumerable<string> planted, IEnumerable<string> found)
    {
        HashSet<string> different = [.. planted];
        different.SymmetricExceptWith(found);
        return different.Count;
    }

    private static Dictionary<string, string?> Unhurried(Installation installation, PlantedFleet fleet) => new(installation.Settings.With(fleet.Neon))
    {
        ["Provisioning:Neon:RequestsPerMinute"] = "1000000",
        ["Provisioning:Neon:RequestsPerSecondAndRoute"] = "100000",
    };

    private static async Task<Reconciled> ReconcileAsync(LineProcess host, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<Reconciled>(await host.AskAsync(Go, cancellationToken))!;

    private static int Listings(PlantedFleet fleet, int since) =>
        fleet.Neon.Requests.Skip(since).Count(request => request is { Method: "GET", Route: "projects" });

    private static async Task<string> SightingsAsync(Installation installation, CancellationToken cancellationToken)
    {
        await using Npgsql.NpgsqlCommand command = installation.Get<CatalogDatabase>().Command(
            "select coalesce(string_agg(name || sightings || last_seen_at, ',' order by name), '') from catalog.orphans where kind = 'database'");
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
