using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Chunking;

/// <summary>Chunks so small that a heading and a sentence hardly fit into one.</summary>
public sealed class SmallChunkTests
{
    private const int Maximum = 30;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Heading_that_is_too_long_together_with_the_first_sentence_stands_alone(int overlap)
    {
        var options = new IngestionOptions { ChunkTarget = 20, ChunkMaximum = Maximum, ChunkOverlap = overlap };
        const string Heading = "1. The sales desk takes the call and notes the batch number from the label of the box.";
        const string Body = "Staff at the sales desk may settle a complaint of up to 90 euros on their own. Above that they ask.";
        var document = new ExtractedDocument(
            null,
            $"{Heading}\n\n{Body}",
            [new TextBlock(0, Heading.Length, BlockKind.Heading, 1), new TextBlock(Heading.Length + 2, Heading.Length + 2 + Body.Length, BlockKind.Paragraph)]);

        var chunks = ChunkChecks.Chunker(options).Split([document]).ToList();

        Assert.Equal(chunks.Count, ChunkChecks.Check(document, chunks, Maximum));
        Assert.Equal(Heading, chunks[0].Content);
        Assert.All(chunks, chunk => Assert.Equal(Heading, chunk.Heading));
    }

    [Theory]
    [InlineData("1. ")]
    [InlineData("7! ")]
    [InlineData("½. ")]
    [InlineData("=\"#\"> This page . ")]
    [InlineData("-- Yes.  ")]
    public void Sentences_are_counted_with_the_space_before_them(string sentence)
    {
        string text = string.Concat(Enumerable.Repeat(sentence, 400)).TrimEnd();
        var document = new ExtractedDocument(null, text, [new TextBlock(0, text.Length, BlockKind.Paragraph)]);
        var options = new IngestionOptions { ChunkTarget = 20, ChunkMaximum = Maximum, ChunkOverlap = 0 };

        Assert.InRange(ChunkChecks.Check(document, ChunkChecks.Chunker(options).Split([document]), Maximum), 2, 400);
    }
}
