using System.Diagnostics;
using System.Text;
using Freehold.Bench.Setup;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Ingest;

/// <summary>
/// Large documents from end to end: dropped into blob storage, found there by a host, and taken in, against COPY of the very same rows
/// into an identical database. Storage, host and server share the machine; COPY has it for itself.
/// </summary>
internal sealed class DroppedIngest(Servers servers, int documents, int bytes, int rounds)
{
    private const int ParagraphLength = 1_000;
    private const double RequiredShare = 0.5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        byte[][] texts = Texts();
        await using Installation installation = await Installation.StartAsync(servers, null, [], cancellationToken);
        await installation.Get<DocumentBlobs>().CreateContainerAsync(cancellationToken);
        List<TenantPlacement> tenants = [];
        try
        {
            await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
            return await MeasureAsync(installation, host, texts, tenants, cancellationToken);
        }
        finally
        {
            foreach (TenantPlacement tenant in tenants)
            {
                await installation.Get<TenantBlobs>().DeleteAllAsync(tenant.Id, CancellationToken.None);
            }
        }
    }

    private async Task<IReadOnlyList<Line>> MeasureAsync(
        Installation installation, HostProcess host, byte[][] texts, List<TenantPlacement> tenants, CancellationToken cancellationToken)
    {
        PeakMemory memory = PeakMemory.Watch(host.Id);
        await TakeInAsync(installation, texts[..1], tenants, cancellationToken);
        CopiedDocuments? copied = null;
        List<Times> dropped = [];
        List<double> copies = [];
        for (int round = 1; round <= rounds; round++)
        {
            Report.Tell($"ingest: {documents:N0} large documents dropped as blobs, and by COPY (round {round} of {rounds})");
            dropped.Add(await TakeInAsync(installation, texts, tenants, cancellationToken));
            copied ??= await CopiedDocuments.ReadAsync(installation, tenants[^1], cancellationToken);
            copies.Add(Math.Min(
                await CopyAsync(installation, copied.EachOwn, cancellationToken),
                await CopyAsync(installation, [copied.AllInOne], cancellationToken)));
        }

        long chunks = copied!.AllInOne.Chunks;
        double first = Measure.Median(dropped.Select(times => times.FromFirst));
        double all = Measure.Median(dropped.Select(times => times.FromAll));
        return
        [
            new Line($"{documents:N0} documents of {bytes / 1e6:0.#} MB dropped as blobs, from the first drop")
                .With("chunks/s", chunks / first).With("seconds", first)
                .With("share of COPY", Measure.Median(copies.Zip(dropped, (bare, ours) => bare / ours.FromFirst)))
                .AtLeast("share of COPY", RequiredShare).Noting($"{chunks:N0} chunks"),
            new Line("the same, from when all are there")
                .With("chunks/s", chunks / all).With("seconds", all)
                .With("share of COPY", Measure.Median(copies.Zip(dropped, (bare, ours) => bare / ours.FromAll))),
            new Line("the same texts, chunks and embeddings by COPY")
                .With("chunks/s", chunks / Measure.Median(copies)).With("seconds", Measure.Median(copies))
                .Noting("in a transaction a document or in one, whichever is faster"),
            HostMemory.Describe("meanwhile", memory),
        ];
    }

    private byte[][] Texts()
    {
        Corpus corpus = new(5);
        return [.. Enumerable.Range(0, documents).Select(_ => Encoding.ASCII.GetBytes(corpus.Document(bytes / ParagraphLength, ParagraphLength)))];
    }

    private static async Task<Times> TakeInAsync(
        Installation installation, byte[][] texts, List<TenantPlacement> tenants, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        tenants.Add(tenant);
        await installation.Servers.CheckpointAsync(cancellationToken);
        long first = Stopwatch.GetTimestamp();
        foreach ((int number, byte[] text) in texts.Index())
        {
            await Drop.PutAsync(installation, tenant, $"{number}.txt", text, cancellationToken);
        }

        long all = Stopwatch.GetTimestamp();
        await Loading.AwaitReadyAsync(installation, tenant, texts.Length, Pause, cancellationToken);
        return new Times(Stopwatch.GetElapsedTime(first).TotalSeconds, Stopwatch.GetElapsedTime(all).TotalSeconds);
    }

    private static async Task<double> CopyAsync(
        Installation installation, IReadOnlyList<CopiedDocument> transactions, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        await installation.Servers.CheckpointAsync(cancellationToken);
        double seconds = await CopiedDocuments.WriteAsync(installation, tenant, transactions, cancellationToken);
        await installation.RemoveAsync(tenant, cancellationToken);
        return seconds;
    }

    private sealed record Times(double FromFirst, double FromAll);
}
