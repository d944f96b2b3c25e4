using System.Diagnostics;
using Freehold.Ingestion.Readers;

namespace Freehold.Bench.Readers;

/// <summary>How one file was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Refusal">Why it was not read, or null.</param>
/// <param name="Kept">What its text has of the reference, or null where there is none.</param>
/// <param name="Milliseconds">How long it took to read.</param>
internal sealed record FileReading(string Name, long Bytes, string? Refusal, Kept? Kept, double Milliseconds)
{
    public static async Task<FileReading> ReadAsync(DocumentReaders readers, string path, CancellationToken cancellationToken)
    {
        byte[] content = await File.ReadAllBytesAsync(path, cancellationToken);
        string name = Path.GetFileName(path);
        long started = Stopwatch.GetTimestamp();
        try
        {
            ExtractedDocument document = readers.Read(name, mediaType: null, content, cancellationToken);
            double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            string? reference = await ReferenceText.ReadAsync(path, cancellationToken);
            return new FileReading(name, content.Length, null, reference is null ? null : Words.Compare(reference, document.Text), took);
        }
        catch (UnreadableDocumentException exception)
        {
            return new FileReading(name, content.Length, exception.Message, null, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}
