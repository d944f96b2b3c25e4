namespace Freehold.Bench.Ingest;

/// <summary>What a host may hold, whatever it takes in.</summary>
internal static class HostMemory
{
    private const double MostMegabytes = 600;

    public static Line Describe(string when, PeakMemory memory) => new Line($"the host's memory {when}")
        .With("MiB before", memory.Before).With("peak MiB", memory.Peak).AtMost("peak MiB", MostMegabytes);
}
