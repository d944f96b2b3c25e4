using System.Security.Cryptography;
using System.Text;
using Freehold.Ai;
using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion.Chunking;

/// <summary>
/// Cuts a document into chunks of about the same number of tokens along its structure: headings stay with what they name,
/// paragraphs, sentences, rows and lines of code stay whole where they fit, and a short document stays one chunk. Every visible
/// character is in a chunk; sentences before a cut may be in two. Takes time proportional to the text, and memory for a few chunks.
/// </summary>
internal sealed class Chunker(ChunkSize size, TokenCounter tokens)
{
    /// <summary>Cuts a document that comes in parts. Chunks are made as they are taken.</summary>
    public IEnumerable<Chunk> Split(IEnumerable<ExtractedDocument> parts)
    {
        TextWindow text = new();
        UnitReader reader = new(tokens, size, text);
        OpenChunk open = new(size, text, reader);
        ChunkRange? closed = null;
        int ordinal = 0;
        foreach (ExtractedDocument part in parts)
        {
            int offset = text.End;
            text.Append(part.Text, closed?.Start ?? (open.IsEmpty ? offset : open.Start));
            foreach (Unit unit in part.Blocks.SelectMany(block => reader.Of(block, offset)))
            {
                open.Add(unit);
                while (open.Tokens > size.Upper)
                {
                    ChunkRange next = open.Cut();
                    if (closed is not null)
                    {
                        yield return ToChunk(closed, ordinal++, text);
                    }

                    closed = next;
                }
            }
        }

        while (!open.IsEmpty)
        {
            ChunkRange next = open.CutLast();
            if (closed is not null && IsSplinter(closed, next, text))
            {
                closed = closed with { End = next.End };
                continue;
            }

            if (closed is not null)
            {
                yield return ToChunk(closed, ordinal++, text);
            }

            closed = next;
        }

        if (closed is not null)
        {
            yield return ToChunk(closed, ordinal, text);
        }
    }

    // What is left at the end is worth little on its own, but a section of its own stays one.
    private bool IsSplinter(ChunkRange previous, ChunkRange last, TextWindow text) =>
        !last.StartsWithHeading && last.Tokens < size.Lower / 2
        && previous.Tokens + last.Tokens <= size.Maximum && tokens.Count(text[previous.Start, last.End]) <= size.Maximum;

    private Chunk ToChunk(ChunkRange range, int ordinal, TextWindow text)
    {
        string content = text[range.Start, range.End].ToString();
        string embedded = EmbeddingText.Of(range.Heading, content);
        return new Chunk(
            ordinal,
            range.Heading,
            range.Page,
            range.Start,
            range.End,
            content,
            Words.Count(content),
            range.Tokens + (range.Heading.Length == 0 ? 0 : tokens.Count(range.Heading) + 1),
            new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(embedded)).AsSpan(0, 16), bigEndian: true));
    }
}
