using System.Net.Http.Headers;
using System.Text;
using Freehold.Bench.Setup;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Fairness;

/// <summary>
/// How long a tenant waits for a single document, by PUT and dropped as a blob: alone, and while a host takes in thousands of another's,
/// which came the one way or the other.
/// </summary>
internal sealed class FairnessBenchmark(Servers servers, int documents, int probes)
{
    private const int DropsAtATime = 16;
    private const int PutsAtATime = 8;
    private const double MostSeconds = 2;

    // Long enough for the host to have listed all blobs, those of the former part included.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        await using Installation installation = await Installation.StartAsync(servers, null, [], cancellationToken);
        await installation.Get<DocumentBlobs>().CreateContainerAsync(cancellationToken);
        List<TenantPlacement> tenants = [];
        for (int i = 0; i < 3; i++)
        {
            tenants.Add(await installation.ProvisionAsync(cancellationToken));
        }

        List<Line> lines = [];
        try
        {
            await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
            using HttpClient calmClient = host.Client(await installation.MakeKeyAsync(tenants[^1], cancellationToken));
            using HttpClient greedyClient = host.Client(await installation.MakeKeyAsync(tenants[0], cancellationToken));
            SingleDocuments single = new(installation, tenants[^1], calmClient);
            await single.TimeAsync(3, cancellationToken);

            Report.Tell($"fairness: {probes} single documents of each kind on an idle system");
            SingleTimes idle = await single.TimeAsync(probes, cancellationToken);
            lines.AddRange(Lines("alone", idle, idle));
            lines.AddRange(Lines(
                $"while {documents:N0} put by another are taken in",
                idle,
                await BesideAsync(installation, single, tenants[0], PutsAtATime, (path, text, token) => PutAsync(greedyClient, tenants[0], path, text, token), cancellationToken)));
            await Task.Delay(Settling, cancellationToken);
            lines.AddRange(Lines(
                $"while {documents:N0} dropped by another are found and taken in",
                idle,
                await BesideAsync(
                    installation, single, tenants[1], DropsAtATime, (path, text, token) => Drop.PutAsync(installation, tenants[1], path, text, token), cancellationToken)));
        }
        finally
        {
            foreach (TenantPlacement tenant in tenants)
            {
                await installation.Get<TenantBlobs>().DeleteAllAsync(tenant.Id, CancellationToken.None);
            }
        }

        return new Report(
            "fairness",
            "A single document beside another tenant's thousands",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double> { ["documents queued"] = documents, ["single documents alone"] = probes },
            lines);
    }

    private static IEnumerable<Line> Lines(string when, SingleTimes idle, SingleTimes times)
    {
        yield return Describe($"one document by PUT, {when}", idle.Put, times.Put, times.Documents);
        yield return Describe($"one document dropped as a blob, {when}", idle.Dropped, times.Dropped, times.Documents);
    }

    private static Line Describe(string what, IReadOnlyList<double> idle, IReadOnlyList<double> times, string? note)
    {
        Line line = new Line(what)
            .With("measured", times.Count).With("p50 s", Measure.Median(times)).With("p95 s", Measure.Percentile(times, 95)).With("most s", times.Max());
        return ReferenceEquals(idle, times)
            ? line
            : line.With("longest delay s", times.Max() - Measure.Median(idle)).AtMost("longest delay s", MostSeconds).Noting(note!);
    }

    /// <summary>Measures from the first of the other's documents until its last is ready.</summary>
    private async Task<SingleTimes> BesideAsync(
        Installation installation,
        SingleDocuments single,
        TenantPlacement greedy,
        int atATime,
        Func<string, byte[], CancellationToken, Task> sendAsync,
        CancellationToken cancellationToken)
    {
        Report.Tell($"fairness: single documents while {documents:N0} of another are taken in");
        Corpus corpus = new(8);
        byte[][] texts = [.. Enumerable.Range(0, documents).Select(_ => Encoding.ASCII.GetBytes(corpus.Document(1, 1_000)))];
        TimeProvider time = TimeProvider.System;
        long started = time.GetTimestamp();
        Task<TimeSpan> sending = SendAsync();
        Task<long> ready = Loading.AwaitReadyAsync(installation, greedy, documents, TimeSpan.FromSeconds(1), cancellationToken);
        SingleTimes times = await single.TimeUntilAsync(ready, cancellationToken);
        await ready;
        return times with { Documents = $"sent after {(await sending).TotalSeconds:N0} s, all ready after {time.GetElapsedTime(started).TotalSeconds:N0} s" };

        async Task<TimeSpan> SendAsync()
        {
            await Parallel.ForEachAsync(
                texts.Index(),
                new ParallelOptions { MaxDegreeOfParallelism = atATime, CancellationToken = cancellationToken },
                async (text, token) => await sendAsync($"many/{text.Index:D6}.txt", text.Item, token));
            return time.GetElapsedTime(started);
        }
    }

    private static async Task PutAsync(HttpClient client, TenantPlacement tenant, string path, byte[] text, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(text) { Headers = { ContentType = new MediaTypeHeaderValue("text/plain") } };
        using HttpResponseMessage answer = await client.PutAsync(
            new Uri($"tenants/{tenant.Id}/documents/{path}", UriKind.Relative), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
