using System.Text;
using System.Text.Unicode;
using Freehold.Ingestion;
using Freehold.Ingestion.Chunking;
using Freehold.Ingestion.Readers;
using Freehold.Tests.Ingestion.Chunking;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>What must hold for any file, however damaged: it is read and cut into sound chunks, or it is refused with a sentence.</summary>
internal static class FuzzChecks
{
    private const int LongestReason = 500;

    // Chunks of usual size, and of the smallest, which are cut much more often.
    private static readonly IngestionOptions[] Sizes = [new(), new() { ChunkTarget = 20, ChunkMaximum = 30, ChunkOverlap = 7 }];

    private static readonly DocumentReaders Readers = new(Options.Create(new IngestionOptions()));

    /// <summary>Reads a file, and throws where something does not hold. Tells how the file was refused, or null.</summary>
    public static string? Check(string name, byte[] content, CancellationToken cancellationToken)
    {
        _ = Readers.WhyNot(name, null, content.AsSpan(0, Math.Min(content.Length, DocumentReaders.HeadBytes)));
        var (document, refusal) = Try(() => Readers.Read(name, null, content, cancellationToken));
        if (document is not null)
        {
            CheckDocument(document);
            var options = Sizes[content.Length % 2];
            var chunker = ChunkChecks.Chunker(options);
            ChunkChecks.Check(document, chunker.Split([document]).Select(CheckStorable), options.ChunkMaximum);
        }

        CheckStreamed(name, content, document, cancellationToken);
        return refusal;
    }

    private static (ExtractedDocument? Document, string? Refusal) Try(Func<ExtractedDocument> read)
    {
        try
        {
            return (read(), null);
        }
        catch (UnreadableDocumentException exception)
        {
            // The memory that the process has is the limit here.
            Assert.False(exception.InnerException is OutOfMemoryException, $"It took more memory than there is: {exception.InnerException}");
            Assert.InRange(exception.Message.Length, 1, LongestReason);
            Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
            Assert.False(char.IsLower(exception.Message[0]), "A reason begins like a sentence.");
            CheckStorable(exception.Message);
            return (null, exception.Message);
        }
    }

    private static void CheckDocument(ExtractedDocument document)
    {
        CheckStorable(document.Text);
        CheckStorable(document.Title ?? "");
        var end = 0;
        foreach (var block in document.Blocks)
        {
            Assert.InRange(block.Start, end, document.Text.Length);
            Assert.InRange(block.End, block.Start + 1, document.Text.Length);
            Assert.InRange(block.Level, block.Kind == BlockKind.Heading ? 1 : 0, block.Kind == BlockKind.Heading ? 6 : 0);
            Assert.InRange(block.Page ?? 1, 1, int.MaxValue);
            end = block.End;
        }

        foreach (var (key, value) in document.Metadata ?? new Dictionary<string, System.Text.Json.JsonElement>())
        {
            CheckStorable(key);
            var json = value.GetRawText();
            CheckStorable(json);

            // An escaped U+0000, and not the six characters themselves, whose backslash is escaped.
            Assert.DoesNotMatch(@"(?<!\\)(\\\\)*\\u0000", json);
        }
    }

    private static Chunk CheckStorable(Chunk chunk)
    {
        CheckStorable(chunk.Heading);
        return chunk;
    }

    // PostgreSQL refuses a text with U+0000, and UTF-8 has no half characters.
    private static void CheckStorable(string text)
    {
        Assert.DoesNotContain('\0', text);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                Assert.True(char.IsSurrogatePair(text, i), "Half of a character.");
                i++;
            }
        }
    }

    // However the bytes come in, the text is the same.
    private static void CheckStreamed(string name, byte[] content, ExtractedDocument? whole, CancellationToken cancellationToken)
    {
        if (Readers.MediaTypeOf(name, null, content.AsSpan(0, Math.Min(content.Length, DocumentReaders.HeadBytes)))
            is not ("text/plain" or "text/csv" or "application/jsonl"))
        {
            return;
        }

        var expected = Stream(new MemoryStream(content));
        var actual = Stream(new StutteringStream(content));
        Assert.Equal(expected, actual);

        // Only at its end is it known that a whole file is no UTF-8.
        if (Utf8.IsValid(content) && whole is not null)
        {
            Assert.Equal(whole.Text, actual.Text);
        }

        (string? Text, string? Refusal) Stream(Stream from)
        {
            using var source = new SourceStream(from, content.Length, TimeProvider.System);
            var (document, refusal) = Try(() => Joined(Readers.Open(name, null, source, cancellationToken)));
            return (document?.Text, refusal);
        }
    }

    private static ExtractedDocument Joined(OpenedFile file)
    {
        var text = new StringBuilder();
        foreach (var part in file.Parts)
        {
            text.Append(part.Text);
        }

        return new ExtractedDocument(null, text.ToString(), []);
    }
}
