using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Ingest;

/// <summary>
/// Large documents through the use case, which reads, cuts, embeds and writes them, against COPY of the very same rows into an
/// identical database, which writes them.
/// </summary>
internal sealed class LargeIngest(Installation installation, MemoryBlobs blobs, int documents, int bytes, int rounds, int atATime)
{
    private const int ParagraphLength = 1_000;

    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        Corpus corpus = new(4);
        string[] texts = [.. Enumerable.Range(0, documents).Select(_ => corpus.Document(bytes / ParagraphLength, ParagraphLength))];
        await UseCaseAsync(texts[..1], [], _ => Task.CompletedTask, cancellationToken);
        CopiedDocuments? copied = null;
        List<double> useCase = [];
        List<double> eachOwn = [];
        List<double> allInOne = [];
        List<Memory> memories = [];
        for (int round = 1; round <= rounds; round++)
        {
            Report.Tell($"ingest: {documents:N0} large documents through the use case, and by COPY (round {round} of {rounds})");
            useCase.Add(await UseCaseAsync(
                texts,
                memories,
                async tenant => copied ??= await CopiedDocuments.ReadAsync(installation, tenant, cancellationToken),
                cancellationToken));
            eachOwn.Add(await CopyAsync(copied!.EachOwn, cancellationToken));
            allInOne.Add(await CopyAsync([copied.AllInOne], cancellationToken));
        }

        long chunks = copied!.AllInOne.Chunks;
        bool oneIsFaster = Measure.Median(allInOne) < Measure.Median(eachOwn);
        List<double> copy = oneIsFaster ? allInOne : eachOwn;
        Memory memory = memories.MaxBy(each => each.PeakMegabytes)!;
        return
        [
            Describe($"{documents} documents of {bytes / 1e6:0.#} MB by the use case, {atATime} at a time", chunks, useCase)
                .With("share of COPY", Measure.Median(copy.Zip(useCase, (bare, ours) => bare / ours)))
                .Noting($"{chunks:N0} chunks; peak memory of the process {memory.PeakMegabytes:N0} MB, {memory.BeforeMegabytes:N0} MB before"),
            Describe($"the same rows by COPY, a transaction a document{(oneIsFaster ? string.Empty : " (compared with)")}", chunks, eachOwn),
            Describe($"the same rows by COPY, one transaction{(oneIsFaster ? " (compared with)" : string.Empty)}", chunks, allInOne),
        ];
    }

    private static Line Describe(string what, long chunks, List<double> seconds) =>
        new Line(what).With("chunks/s", chunks / Measure.Median(seconds)).With("seconds", Measure.Median(seconds));

    private async Task<double> UseCaseAsync(
        string[] texts, List<Memory> memories, Func<TenantPlacement, Task> afterwards, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Loading.Put(blobs, tenant, texts);
        await installation.Servers.CheckpointAsync(cancellationToken);
        PeakMemory peak = PeakMemory.Watch();
        long started = Stopwatch.GetTimestamp();
        await Loading.TakeInAsync(installation, tenant, texts.Length, atATime, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        memories.Add(new Memory(peak.Before, peak.Peak));
        blobs.Clear();
        await afterwards(tenant);
        await installation.RemoveAsync(tenant, cancellationToken);
        return seconds;
    }

    private async Task<double> CopyAsync(IReadOnlyList<CopiedDocument> transactions, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        await installation.Servers.CheckpointAsync(cancellationToken);
        double seconds = await CopiedDocuments.WriteAsync(installation, tenant, transactions, cancellationToken);
        await installation.RemoveAsync(tenant, cancellationToken);
        return seconds;
    }

    private sealed record Memory(double BeforeMegabytes, double PeakMegabytes);
}
