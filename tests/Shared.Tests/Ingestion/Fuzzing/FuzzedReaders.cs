using System.Diagnostics;
using System.Globalization;
using CsCheck;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>
/// The process that reads damaged files, one after the other, under the limits that its parent sets: a defect may end it. It tells the seed
/// of each file before it reads it, and keeps the files that show a defect.
/// </summary>
internal static class FuzzedReaders
{
    /// <summary>What a line begins with that tells the seed of the next file.</summary>
    public const string Next = "next ";

    /// <summary>What a line begins with that tells of a defect.</summary>
    public const string Defect = "defect ";

    /// <summary>What the last line begins with.</summary>
    public const string End = "end ";

    // What threads have on the smallest of systems.
    private const int StackBytes = 1536 << 10;

    private static readonly TimeSpan ProcessorLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    private static string _case = "";
    private static long _started;
    private static TimeSpan _processor;

    /// <summary>Usage: <c>fuzz SECONDS STREAM</c>, <c>keep SEED FOLDER</c> or <c>replay FILE...</c>.</summary>
    public static int Main(string[] arguments)
    {
        var found = 0;
        var reader = new Thread(() => found = Run(arguments), StackBytes);
        reader.Start();
        while (!reader.Join(Glance))
        {
            var started = Interlocked.Read(ref _started);
            if (started > 0 && (ProcessorTime() - _processor > ProcessorLimit || Stopwatch.GetElapsedTime(started) > Limit))
            {
                Console.WriteLine($"{Defect}{_case} It takes longer than {ProcessorLimit.TotalSeconds} s of a processor, or {Limit.TotalMinutes} min.");
                Environment.Exit(2);
            }
        }

        return found == 0 ? 0 : 1;
    }

    private static int Run(string[] arguments)
    {
        switch (arguments[0])
        {
            case "fuzz":
                return Fuzz(TimeSpan.FromSeconds(Parse(arguments[1])), (uint)Parse(arguments[2]));
            case "keep":
                Console.WriteLine(FuzzCase.Of(arguments[1]).Keep(arguments[2]));
                return 0;
            default:
                return arguments[1..].Sum(Replay);
        }
    }

    private static int Fuzz(TimeSpan time, uint stream)
    {
        var random = new PCG(stream);
        var (began, cases, refused, found) = (Stopwatch.GetTimestamp(), 0, 0, 0);
        var slowest = (Time: TimeSpan.Zero, Name: "");
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            var file = FuzzCase.Next(random);
            Console.WriteLine(Next + file.Seed);
            var (refusal, defect) = Read(file.Seed, file.Name, file.Content);
            if (defect is not null)
            {
                found++;
                Console.WriteLine($"{Defect}{file.Seed} {defect}");
            }

            cases++;
            refused += refusal is null ? 0 : 1;
            var took = Stopwatch.GetElapsedTime(_started);
            _started = 0;
            slowest = took > slowest.Time ? (took, $"{file.Seed} {file.Name}") : slowest;
        }

        using var self = Process.GetCurrentProcess();
        Console.WriteLine($"{End}{cases} files, {refused} refused, {found} with defects, peak {self.PeakWorkingSet64 >> 20} MiB, slowest {slowest.Time.TotalSeconds:F1} s ({slowest.Name})");
        return found;
    }

    private static int Replay(string path)
    {
        var name = Path.GetFileName(path);
        var (refusal, defect) = Read(name, name, File.ReadAllBytes(path));
        Console.WriteLine($"{name}: {defect ?? refusal ?? "read"} ({Stopwatch.GetElapsedTime(_started).TotalSeconds:F1} s)");
        return defect is null ? 0 : 1;
    }

    private static (string? Refusal, string? Defect) Read(string seed, string name, byte[] content)
    {
        (_case, _processor, _started) = (seed, ProcessorTime(), Stopwatch.GetTimestamp());
        try
        {
            return (FuzzChecks.Check(name, content), null);
        }
        catch (Exception exception)
        {
            return (null, exception.ToString());
        }
    }

    private static TimeSpan ProcessorTime()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime;
    }

    private static int Parse(string number) => int.Parse(number, CultureInfo.InvariantCulture);
}
