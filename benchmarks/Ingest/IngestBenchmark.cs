using Freehold.Bench.Setup;

namespace Freehold.Bench.Ingest;

/// <summary>How many are taken in.</summary>
/// <param name="ByApi">Short documents from end to end.</param>
/// <param name="Short">Short documents through the use case.</param>
/// <param name="Large">Large documents.</param>
/// <param name="LargeBytes">Length of each of those.</param>
/// <param name="LargeAtATime">How many of those at a time.</param>
/// <param name="Rounds">How often the comparisons are repeated.</param>
internal sealed record IngestSizes(int ByApi, int Short, int Large, int LargeBytes, int LargeAtATime, int Rounds);

/// <summary>Taking documents in: short ones from end to end, short ones through the use case alone, large ones against COPY.</summary>
internal sealed class IngestBenchmark(Servers servers, IngestSizes sizes)
{
    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        List<Line> lines = [await new HttpIngest(servers, sizes.ByApi).RunAsync(cancellationToken)];
        MemoryBlobs blobs = new();
        await using (Installation installation = await Installation.StartAsync(servers, blobs.Client(), [], cancellationToken))
        {
            lines.AddRange(await new ShortIngest(installation, blobs, sizes.Short, sizes.Rounds).RunAsync(cancellationToken));
            lines.AddRange(await new LargeIngest(
                installation, blobs, sizes.Large, sizes.LargeBytes, sizes.Rounds, sizes.LargeAtATime).RunAsync(cancellationToken));
        }

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
                ["rounds"] = sizes.Rounds,
            },
            lines);
    }
}
