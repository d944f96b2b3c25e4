using System.Diagnostics;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;
using Freehold.Tests.Ingestion.Chunking;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace Freehold.Tests.Ingestion;

public sealed class SharedDocumentsTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [SharedDocumentsFact]
    public void Every_real_file_becomes_chunks_or_is_refused_with_a_reason()
    {
        var options = Options.Create(new IngestionOptions());
        var readers = new DocumentReaders(options);
        var chunker = ChunkChecks.Chunker(options.Value);
        var (files, chunks) = (0, 0);
        var refusals = new List<string>();
        foreach (var path in Directory.EnumerateFiles(SharedDocumentsFactAttribute.Folder!, "*", SearchOption.AllDirectories).Order())
        {
            if (Path.GetFileName(path) == "SOURCES.tsv")
            {
                continue;
            }

            files++;
            var started = Stopwatch.GetTimestamp();
            try
            {
                var document = readers.Read(path, null, File.ReadAllBytes(path), CancellationToken.None);
                chunks += ChunkChecks.Check(document, chunker.Split([document]), options.Value.ChunkMaximum);
            }
            catch (UnreadableDocumentException exception)
            {
                Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
                refusals.Add($"{Path.GetFileName(path)}: {exception.Message}");
            }

            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Limit);
        }

        output.WriteLine($"{files} files, {chunks} chunks, {refusals.Count} refused:");
        refusals.ForEach(output.WriteLine);
        Assert.InRange(refusals.Count, 0, files / 10);
    }
}
