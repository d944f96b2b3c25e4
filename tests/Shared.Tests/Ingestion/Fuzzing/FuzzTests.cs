using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>
/// Damaged files of every format are read in a process with little memory. Each must become text and sound chunks, or be refused with a
/// reason, in time. FREEHOLD_FUZZ_SECONDS makes it longer.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int HeapMebibytes = 600;
    private const int Seconds = 60;
    private const int MaxDefects = 20;

    // Beside its heap, a process has its programs, stacks and what they allocate themselves.
    private const long PeakMebibytes = HeapMebibytes + 150;

    private static readonly string Program = typeof(FuzzTests).Assembly.Location;
    private static readonly string Found = Path.Combine(AppContext.BaseDirectory, "fuzz");

    [Fact]
    public async Task Damaged_files_are_read_or_refused()
    {
        var setting = Environment.GetEnvironmentVariable("FREEHOLD_FUZZ_SECONDS");
        var time = TimeSpan.FromSeconds(setting is null ? Seconds : int.Parse(setting, CultureInfo.InvariantCulture));
        var began = Stopwatch.GetTimestamp();
        var defects = new List<string>();
        while (time - Stopwatch.GetElapsedTime(began) is var left && left > TimeSpan.Zero && defects.Count < MaxDefects)
        {
            defects.AddRange(await FuzzAsync((int)Math.Ceiling(left.TotalSeconds)));
        }

        Assert.True(defects.Count == 0, string.Join("\n\n", defects));
    }

    [SharedDocumentsFact]
    public async Task Real_files_are_read_in_little_memory()
    {
        using var process = Start(
            ["replay", .. Directory.EnumerateFiles(SharedDocumentsFactAttribute.Folder!, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(".tsv", StringComparison.Ordinal))]);
        var errors = process.StandardError.ReadToEndAsync();
        var read = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, read + await errors);
    }

    private static Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = $"0x{HeapMebibytes << 20:X}";
        start.Environment["DOTNET_gcServer"] = "0";
        return Process.Start(start)!;
    }

    // Ends early where a defect ends the process.
    private async Task<List<string>> FuzzAsync(int seconds)
    {
        using var process = Start(["fuzz", $"{seconds}", $"{Random.Shared.Next()}"]);
        var errors = process.StandardError.ReadToEndAsync();
        var (seed, end, defects) = ("", "", new List<string>());
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(FuzzedReaders.Next, StringComparison.Ordinal))
            {
                seed = line[FuzzedReaders.Next.Length..];
            }
            else if (line.StartsWith(FuzzedReaders.Defect, StringComparison.Ordinal))
            {
                defects.Add($"{Keep(seed)}\n{line}");
            }
            else if (line.StartsWith(FuzzedReaders.End, StringComparison.Ordinal))
            {
                end = line;
            }
            else if (defects.Count > 0)
            {
                defects[^1] += "\n" + line;
            }
        }

        await process.WaitForExitAsync();
        output.WriteLine(end);
        if (end.Length == 0 && defects.Count == 0)
        {
            defects.Add($"{Keep(seed)}\nThe process ended with {process.ExitCode}: {(await errors).Split('\n').FirstOrDefault()}");
        }

        var peak = end.Length == 0 ? 0 : long.Parse(end.Split("peak ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(peak, 0, PeakMebibytes);
        return defects;
    }

    // The seed makes the file again from the same files and program alone, so it is kept.
    private static string Keep(string seed) => seed.Length == 0
        ? "Before the first file:"
        : $"To repeat it: dotnet {Program} replay '{FuzzCase.Of(seed).Keep(Found)}'";
}
