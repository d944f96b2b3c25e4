using System.Globalization;

namespace Freehold.Bench.Ingest;

/// <summary>How much memory a process holds at most from some moment on, by the kernel's own book (proc(5)), in MiB.</summary>
internal sealed class PeakMemory
{
    private readonly string _process;

    private PeakMemory(string process)
    {
        _process = process;

        // 5 resets the high-water mark.
        File.WriteAllText($"/proc/{process}/clear_refs", "5");
        Before = Read("VmRSS:");
    }

    /// <summary>At the beginning.</summary>
    public double Before { get; }

    /// <summary>The most since then.</summary>
    public double Peak => Read("VmHWM:");

    /// <summary>Gives free memory back, and starts to watch this process.</summary>
    public static PeakMemory Watch()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new PeakMemory("self");
    }

    /// <summary>Starts to watch another process, with whatever it holds.</summary>
    public static PeakMemory Watch(int process) => new(process.ToString(CultureInfo.InvariantCulture));

    private double Read(string field)
    {
        string line = File.ReadLines($"/proc/{_process}/status").First(each => each.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }
}
