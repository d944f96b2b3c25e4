using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion;

/// <summary>What holds for the chunks of any document.</summary>
internal static class ChunkChecks
{
    /// <summary>Checks the chunks and returns their number.</summary>
    public static int Check(ExtractedDocument document, IEnumerable<Chunk> chunks, int maximum)
    {
        var (text, count, end) = (document.Text, 0, 0);
        Assert.DoesNotContain('\0', text);
        foreach (var chunk in chunks)
        {
            Assert.Equal(count++, chunk.Ordinal);
            Assert.InRange(chunk.Start, end, text.Length);
            Assert.True(text.AsSpan(end, chunk.Start - end).IsWhiteSpace(), "Text before a chunk is in none.");
            Assert.InRange(chunk.End, chunk.Start + 1, text.Length);
            Assert.Equal(text[chunk.Start..chunk.End], chunk.Content);
            Assert.InRange(chunk.Content.Length, 1, maximum);
            Assert.False(string.IsNullOrWhiteSpace(chunk.Content));
            Assert.False(char.IsLowSurrogate(chunk.Content[0]) || char.IsHighSurrogate(chunk.Content[^1]));
            Assert.InRange(chunk.Words, 0, chunk.Content.Length);
            end = chunk.End;
        }

        Assert.True(text.AsSpan(end).IsWhiteSpace(), "Text after the last chunk is in none.");
        return count;
    }
}
