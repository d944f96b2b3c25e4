using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Ingestion.Chunking;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Chunking;

/// <summary>What holds for the chunks of any document.</summary>
internal static class ChunkChecks
{
    /// <summary>A chunker with these options and the default tokenizer.</summary>
    public static Chunker Chunker(IngestionOptions options) => new(ChunkSize.Of(options, 8_191), TokenCounter.Default);

    /// <summary>Checks the chunks, of which none has more tokens than the maximum and its headings', and returns their number.</summary>
    public static int Check(ExtractedDocument document, IEnumerable<Chunk> chunks, int maximum)
    {
        var (text, count, begin, end) = (document.Text, 0, 0, 0);
        Assert.DoesNotContain('\0', text);
        foreach (var chunk in chunks)
        {
            Assert.Equal(count++, chunk.Ordinal);
            Assert.InRange(chunk.End, Math.Max(end, chunk.Start) + 1, text.Length);
            Assert.InRange(chunk.Start, begin, text.Length);
            Assert.True(chunk.Start <= end || text.AsSpan(end, chunk.Start - end).IsWhiteSpace(), "Text before a chunk is in none.");
            Assert.Equal(text[chunk.Start..chunk.End], chunk.Content);
            Assert.InRange(TokenCounter.Default.Count(chunk.Content), 0, maximum);
            Assert.False(string.IsNullOrWhiteSpace(chunk.Content));
            Assert.False(char.IsLowSurrogate(chunk.Content[0]) || char.IsHighSurrogate(chunk.Content[^1]));
            Assert.InRange(chunk.Words, 0, chunk.Content.Length);
            (begin, end) = (chunk.Start, chunk.End);
        }

        Assert.True(text.AsSpan(end).IsWhiteSpace(), "Text after the last chunk is in none.");
        return count;
    }
}
