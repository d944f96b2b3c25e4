using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Ingest;

/// <summary>
/// What a document costs in a tenant that has many: short ones through the use case, one tenant that grows, and in turn with it new
/// tenants that get their first thousand.
/// </summary>
internal sealed class IngestCurve(Installation installation, MemoryBlobs blobs, int documents)
{
    private const int First = 1_000;
    private const int Segment = 10_000;
    private const int AtATime = 4;
    private const double MostTimes = 1.3;
    private static readonly int[] Bounds = [First, 10_000, 30_000, 100_000];

    private readonly Corpus _corpus = new(7);

    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        await TakeInFirstAsync(cancellationToken);
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        List<(int End, double Milliseconds, double Ratio)> segments = [];
        double before = await TakeInFirstAsync(cancellationToken);
        for (int start = 0; start < documents;)
        {
            int end = Math.Min(documents, start < First ? First : start - (start % Segment) + Segment);
            Report.Tell($"ingest: documents {start:N0} to {end:N0} of one tenant");
            double milliseconds = await TakeInAsync(tenant, start, end, cancellationToken);
            double after = await TakeInFirstAsync(cancellationToken);
            segments.Add((end, milliseconds, milliseconds / ((before + after) / 2)));
            (start, before) = (end, after);
        }

        await installation.RemoveAsync(tenant, cancellationToken);
        return [.. Lines(segments)];
    }

    private IEnumerable<Line> Lines(IReadOnlyList<(int End, double Milliseconds, double Ratio)> segments)
    {
        int from = 0;
        foreach (int bound in Bounds.Where(bound => bound <= documents).Append(documents).Distinct())
        {
            List<(int End, double Milliseconds, double Ratio)> some = [.. segments.Where(segment => segment.End > from && segment.End <= bound)];
            double milliseconds = Measure.Median(some.Select(segment => segment.Milliseconds));
            Line line = new Line($"documents {from:N0} to {bound:N0} of a tenant, by the use case, {AtATime} at a time")
                .With("documents/s", 1_000 / milliseconds)
                .With("ms each", milliseconds)
                .With("times the first", Measure.Median(some.Select(segment => segment.Ratio)));
            yield return bound == documents ? line.AtMost("times the first", MostTimes) : line;
            from = bound;
        }
    }

    /// <summary>The first thousand of a new tenant.</summary>
    private async Task<double> TakeInFirstAsync(CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        double milliseconds = await TakeInAsync(tenant, 0, First, cancellationToken);
        await installation.RemoveAsync(tenant, cancellationToken);
        return milliseconds;
    }

    /// <returns>Milliseconds of each.</returns>
    private async Task<double> TakeInAsync(TenantPlacement tenant, int start, int end, CancellationToken cancellationToken)
    {
        Loading.Put(blobs, tenant, [.. Enumerable.Range(start, end - start).Select(_ => _corpus.Document(1, 1_000))], start);
        await installation.Servers.CheckpointAsync(cancellationToken);
        long started = Stopwatch.GetTimestamp();
        await Loading.TakeInAsync(installation, tenant, start, end, AtATime, cancellationToken);
        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds / (end - start);
        blobs.Clear();
        return milliseconds;
    }
}
