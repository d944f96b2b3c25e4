using Freehold.Bench.Setup;

namespace Freehold.Bench.Ingest;

/// <summary>How many are taken in.</summary>
/// <param name="ByApi">Short documents from end to end.</param>
/// <param name="Short">Short documents through the use case.</param>
/// <param name="Large">Large documents.</param>
/// <param name="LargeBytes">Length of each of those.</param>
/// <param name="LargeAtATime">How many of those at a time.</param>
/// <param name="Dropped">Large documents that are dropped as blobs.</param>
/// <param name="DroppedBytes">Length of each of those.</param>
/// <param name="HugeBytes">Length of one text.</param>
/// <param name="HugePages">Pages of one PDF.</param>
/// <param name="Curve">Short documents of one tenant.</param>
/// <param name="Rounds">How often the comparisons are repeated.</param>
internal sealed record IngestSizes(int ByApi, int Short, int Large, int LargeBytes, int LargeAtATime, int Dropped, int DroppedBytes, int HugeBytes, int HugePages, int Curve, int Rounds);

/// <summary>Taking documents in: from end to end, through the use case alone, and against COPY. What is of size 0 is left out.</summary>
internal sealed class IngestBenchmark(Servers servers, IngestSizes sizes)
{
    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        List<Line> lines = [];
        if (sizes.ByApi > 0)
        {
            lines.AddRange(await new HttpIngest(servers, sizes.ByApi).RunAsync(cancellationToken));
        }

        if (sizes.Dropped > 0)
        {
            lines.AddRange(await new DroppedIngest(servers, sizes.Dropped, sizes.DroppedBytes, sizes.Rounds).RunAsync(cancellationToken));
        }

        if (sizes.HugeBytes > 0)
        {
            lines.AddRange(await new HugeIngest(servers, sizes.HugeBytes, sizes.HugePages).RunAsync(cancellationToken));
        }

        lines.AddRange(await UseCasesAsync(cancellationToken));
        return new Report(
            "ingest",
            "Taking documents in",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double>
            {
                ["short documents by the API"] = sizes.ByApi,
                ["short documents by the use case"] = sizes.Short,
                ["large documents"] = sizes.Large,
                ["bytes of a large document"] = sizes.LargeBytes,
                ["large documents dropped"] = sizes.Dropped,
                ["bytes of one dropped"] = sizes.DroppedBytes,
                ["bytes of the huge text"] = sizes.HugeBytes,
                ["pages of the huge PDF"] = sizes.HugePages,
                ["documents of one tenant"] = sizes.Curve,
                ["rounds"] = sizes.Rounds,
            },
            lines);
    }

    private async Task<IReadOnlyList<Line>> UseCasesAsync(CancellationToken cancellationToken)
    {
        List<Line> lines = [];
        MemoryBlobs blobs = new();
        await using Installation installation = await Installation.StartAsync(servers, blobs.Client(), [], cancellationToken);
        if (sizes.Short > 0)
        {
            lines.AddRange(await new ShortIngest(installation, blobs, sizes.Short, sizes.Rounds).RunAsync(cancellationToken));
        }

        if (sizes.Large > 0)
        {
            lines.AddRange(await new LargeIngest(
                installation, blobs, sizes.Large, sizes.LargeBytes, sizes.Rounds, sizes.LargeAtATime).RunAsync(cancellationToken));
        }

        if (sizes.Curve > 0)
        {
            lines.AddRange(await new IngestCurve(installation, blobs, sizes.Curve).RunAsync(cancellationToken));
        }

        return lines;
    }
}
