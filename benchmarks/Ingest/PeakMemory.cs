using System.Globalization;

namespace Freehold.Bench.Ingest;

/// <summary>How much memory this process holds at most from some moment on, by the kernel's own book (proc(5)).</summary>
internal sealed record PeakMemory(double Before)
{
    /// <summary>Most megabytes since <see cref="Watch"/>.</summary>
    public static double Peak => Read("VmHWM:");

    /// <summary>Gives free memory back, and starts to watch.</summary>
    public static PeakMemory Watch()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

        // 5 resets the high-water mark.
        File.WriteAllText("/proc/self/clear_refs", "5");
        return new PeakMemory(Read("VmRSS:"));
    }

    private static double Read(string field)
    {
        string line = File.ReadLines("/proc/self/status").First(each => each.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }
}
