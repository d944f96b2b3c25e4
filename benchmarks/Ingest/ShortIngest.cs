using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Ingest;

/// <summary>Short documents through the use case alone: blobs in memory, real databases, a fresh tenant each time.</summary>
internal sealed class ShortIngest(Installation installation, MemoryBlobs blobs, int documents, int rounds)
{
    private const double Required = 800;
    private static readonly int[] AtATime = [1, 4, 8];

    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        Corpus corpus = new(3);
        string[] texts = [.. Enumerable.Range(0, documents).Select(_ => corpus.Document(1, 1_000))];
        await TimeAsync(texts[..Math.Min(500, documents)], 4, cancellationToken);
        Dictionary<int, List<double>> rates = AtATime.ToDictionary(atATime => atATime, _ => new List<double>());
        for (int round = 1; round <= rounds; round++)
        {
            Report.Tell($"ingest: {documents:N0} short documents through the use case, {string.Join(", ", AtATime)} at a time (round {round} of {rounds})");
            foreach (int atATime in AtATime)
            {
                rates[atATime].Add(documents / await TimeAsync(texts, atATime, cancellationToken));
            }
        }

        int best = AtATime.MaxBy(atATime => Measure.Median(rates[atATime]));
        return [.. AtATime.Select(atATime => Describe(atATime, Measure.Median(rates[atATime]), atATime == best))];
    }

    private Line Describe(int atATime, double rate, bool isBest)
    {
        Line line = new Line($"{documents:N0} documents of 1 KB by the use case, {atATime} at a time")
            .With("documents/s", rate).With("ms each", 1_000 / rate).With("seconds", documents / rate);
        return isBest ? line.AtLeast("documents/s", Required) : line;
    }

    private async Task<double> TimeAsync(string[] texts, int atATime, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Loading.Put(blobs, tenant, texts);
        await installation.Servers.CheckpointAsync(cancellationToken);
        long started = Stopwatch.GetTimestamp();
        await Loading.TakeInAsync(installation, tenant, texts.Length, atATime, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        blobs.Clear();
        await installation.RemoveAsync(tenant, cancellationToken);
        return seconds;
    }
}
