using System.Diagnostics;
using Freehold.Bench.Ingest;
using Freehold.Ingestion.Readers;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace Freehold.Bench.Readers;

/// <summary>A PDF of as many pages as one likes, in two columns with a header and a page number, to see how time and memory grow.</summary>
internal static class GeneratedPdf
{
    private const int LinesOfColumn = 30;
    private const int WordsOfLine = 5;

    // What is left for noise between two sizes that should take the same time a page.
    private const double Slower = 1.5;

    /// <summary>Reads one; its time a page is held against that of <paramref name="first"/>, if given.</summary>
    public static Line Measure(DocumentReaders readers, int pages, Line? first, CancellationToken cancellationToken)
    {
        byte[] content = Make(pages);
        PeakMemory memory = PeakMemory.Watch();
        long started = Stopwatch.GetTimestamp();
        readers.Read("generated.pdf", mediaType: null, content, cancellationToken);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Line line = new Line($"a PDF of {pages:N0} pages")
            .With("MB/s", content.Length / 1e3 / took)
            .With("memory before", memory.Before)
            .With("peak memory", memory.Peak)
            .With("ms a page", took / pages);
        return first is null ? line : line.AtMost("ms a page", Math.Round(Slower * first.Find("ms a page")!.Value, 3));
    }

    /// <summary>The file.</summary>
    public static byte[] Make(int pages)
    {
        Random random = new(1);
        PdfDocumentBuilder builder = new();
        PdfDocumentBuilder.AddedFont font = builder.AddStandard14Font(Standard14Font.TimesRoman);
        for (int number = 1; number <= pages; number++)
        {
            PdfPageBuilder page = builder.AddPage(595, 842);
            page.AddText("An endless report", 8, new PdfPoint(50, 820), font);
            page.AddText($"Page {number}", 8, new PdfPoint(280, 20), font);
            for (int line = 0; line < 2 * LinesOfColumn; line++)
            {
                string text = string.Join(' ', Enumerable.Range(0, WordsOfLine).Select(_ => Vocabulary.Words[random.Next(Vocabulary.Words.Length)]));
                page.AddText(text, 9, new PdfPoint(line < LinesOfColumn ? 50 : 310, 780 - (24 * (line % LinesOfColumn))), font);
            }
        }

        return builder.Build();
    }
}
