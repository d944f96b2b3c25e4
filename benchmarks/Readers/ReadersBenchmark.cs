using System.Globalization;
using Freehold.Bench.Ingest;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;
using Microsoft.Extensions.Options;

namespace Freehold.Bench.Readers;

/// <summary>How much of the text of real files is kept, format by format, and how the time for a PDF grows with its pages.</summary>
internal sealed class ReadersBenchmark(string? folder, IReadOnlyList<int> pages)
{
    private const double RequiredPercent = 98;
    private const int NamedFiles = 5;
    private const int WarmUpPages = 200;

    private readonly DocumentReaders _readers = new(Options.Create(new IngestionOptions { MaxPages = Math.Max(pages.Max(), 10_000) }));

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        List<Line> lines = [];
        if (folder is null)
        {
            Report.Tell("readers: no folder is named, so no real files are read; --documents DIRECTORY names one");
        }
        else
        {
            foreach (IGrouping<string, string> format in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .GroupBy(path => Path.GetExtension(path).TrimStart('.').ToLowerInvariant())
                .OrderBy(format => format.Key))
            {
                Report.Tell($"readers: {format.Count()} files of type {format.Key}");
                lines.Add(await MeasureAsync(format, cancellationToken));
            }
        }

        // Like the first file of a format.
        GeneratedPdf.Measure(_readers, WarmUpPages, first: null, cancellationToken);
        Line? first = null;
        foreach (int count in pages)
        {
            Report.Tell($"readers: a PDF of {count:N0} pages");
            lines.Add(GeneratedPdf.Measure(_readers, count, first, cancellationToken));
            first ??= lines[^1];
        }

        return new Report("readers", "Text kept by the readers", Machine.Alone(), new Dictionary<string, double>(), lines);
    }

    private async Task<Line> MeasureAsync(IGrouping<string, string> format, CancellationToken cancellationToken)
    {
        // The first reading of a format pays for compiling its reader, which is not asked for here.
        await FileReading.ReadAsync(_readers, format.First(), cancellationToken);
        PeakMemory memory = PeakMemory.Watch();
        List<FileReading> readings = [];
        foreach (string path in format)
        {
            readings.Add(await FileReading.ReadAsync(_readers, path, cancellationToken));
        }

        List<FileReading> read = readings.FindAll(reading => reading.Refusal is null);
        Line line = new Line(format.Key).With("files", readings.Count).With("read", read.Count).With("refused", readings.Count - read.Count);
        List<FileReading> compared = read.FindAll(reading => reading.Kept is not null);
        if (compared.Count > 0)
        {
            Kept all = compared.Aggregate(default(Kept), (sum, reading) => sum + reading.Kept!.Value);
            line.With("words", all.Words)
                .With("kept %", all.WordsPercent)
                .With("in order %", all.PairsPercent)
                .AtLeast("kept %", RequiredPercent);
        }

        if (read.Count > 0)
        {
            line.With("p50 ms", Measure.Median(read.Select(reading => reading.Milliseconds)))
                .With("p95 ms", Measure.Percentile(read.Select(reading => reading.Milliseconds), 95))
                .With("MB/s", read.Sum(reading => reading.Bytes) / 1e3 / read.Sum(reading => reading.Milliseconds))
                .With("memory before", memory.Before)
                .With("peak memory", memory.Peak);
        }

        string[] notes = [.. Worst(compared), .. Refusals(readings)];
        return notes.Length == 0 ? line : line.Noting(string.Join('\n', notes));
    }

    private static IEnumerable<string> Worst(List<FileReading> compared) =>
        from reading in compared
        where reading.Kept!.Value.WordsPercent < RequiredPercent
        orderby reading.Kept!.Value.WordsPercent
        select string.Create(CultureInfo.InvariantCulture, $"{reading.Name}: {reading.Kept!.Value.WordsPercent:F1} %");

    private static IEnumerable<string> Refusals(List<FileReading> readings) =>
        from reading in readings
        where reading.Refusal is not null
        group reading.Name by reading.Refusal into refused
        orderby refused.Count() descending
        select $"{refused.Count()} refused: {refused.Key} ({string.Join(", ", refused.Take(NamedFiles))}{(refused.Count() > NamedFiles ? ", …" : string.Empty)})";
}
