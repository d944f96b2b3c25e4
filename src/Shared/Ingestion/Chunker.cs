using Freehold.Ai;
using Freehold.Ingestion.Readers;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>
/// Cuts a document into chunks of about the same length along its structure: headings stay with what they name,
/// sentences, rows and lines of code stay whole where they fit, and a short document stays one chunk. Every visible
/// character is in exactly one chunk, and none is longer than the maximum. Takes time proportional to the text.
/// </summary>
internal sealed class Chunker(IOptions<IngestionOptions> options)
{
    private readonly int _target = options.Value.ChunkTarget;
    private readonly int _maximum = options.Value.ChunkMaximum;

    /// <summary>Cuts a document. Chunks are made as they are taken.</summary>
    public IEnumerable<Chunk> Split(ExtractedDocument document)
    {
        var ordinal = 0;
        Passage? last = null;
        foreach (var passage in IsShort(document) ? Whole(document) : Cut(document))
        {
            if (last is { } previous && BelongTogether(previous, passage))
            {
                last = previous with { End = passage.End };
                continue;
            }

            if (last is not null)
            {
                yield return ToChunk(last, ordinal++, document.Text);
            }

            last = passage;
        }

        if (last is not null)
        {
            yield return ToChunk(last, ordinal, document.Text);
        }
    }

    private static Chunk ToChunk(Passage passage, int ordinal, string text)
    {
        var content = text[passage.Start..passage.End];
        return new Chunk(ordinal, passage.Heading, passage.Page, passage.Start, passage.End, content, Words.Count(content));
    }

    private bool IsShort(ExtractedDocument document)
    {
        if (document.Blocks.Count == 0)
        {
            return false;
        }

        var length = document.Blocks[^1].End - document.Blocks[0].Start;
        return length <= _target || (length <= _maximum && document.Blocks.Count(block => block.Kind == BlockKind.Heading) <= 1);
    }

    // A splinter is worth little on its own, but a section of its own stays one.
    private bool BelongTogether(Passage previous, Passage next) =>
        !next.StartsWithHeading && next.End - previous.Start <= _maximum
        && Math.Min(previous.End - previous.Start, next.End - next.Start) < _target / 4;

    private static IEnumerable<Passage> Whole(ExtractedDocument document)
    {
        var path = new HeadingPath();
        var passage = new OpenPassage(document.Text);
        foreach (var block in document.Blocks)
        {
            passage.Add(block, block.Start, block.End, path);
        }

        return passage.IsEmpty ? [] : [passage.Close(isLast: true)];
    }

    private IEnumerable<Passage> Cut(ExtractedDocument document)
    {
        var path = new HeadingPath();
        var passage = new OpenPassage(document.Text);
        foreach (var block in document.Blocks)
        {
            if (block.Kind == BlockKind.Heading && passage.HasBody && passage.Length >= _target / 2)
            {
                yield return passage.Close();
            }

            for (var start = block.Start; start < block.End;)
            {
                var end = EndOfPiece(document.Text, passage, block, start);
                if (end == start)
                {
                    yield return passage.Close();
                    continue;
                }

                passage.Add(block, start, end, path);
                start = end + CountWhiteSpace(document.Text.AsSpan(end, block.End - end));
                if (start < block.End)
                {
                    yield return passage.Close();
                }
            }
        }

        if (!passage.IsEmpty)
        {
            yield return passage.Close(isLast: true);
        }
    }

    // How much of a block goes into the open passage now; nothing, if the passage is to be closed first.
    private int EndOfPiece(string text, OpenPassage passage, TextBlock block, int start)
    {
        var origin = passage.IsEmpty ? start : passage.Start;
        var length = block.End - origin;
        var isSmall = passage.IsEmpty || (passage.Length < _target / 2 && !(passage.HasBody && passage.EndsWithHeading));
        if (length <= _target || (length <= _maximum && isSmall))
        {
            return block.End;
        }

        var isWhole = block.Kind is BlockKind.Table or BlockKind.Code;
        var takesPart = isSmall && (!passage.HasBody || (!isWhole && passage.Length < _target / 4)) && start - origin < _target / 2;
        var lower = Math.Max(start + 1, origin + (_target / 2));
        var upper = Math.Min(block.End, origin + _target);
        return takesPart ? TextCut.Find(text.AsSpan(0, block.End), start, lower, upper, isWhole) : start;
    }

    private static int CountWhiteSpace(ReadOnlySpan<char> text) => text.Length - text.TrimStart().Length;
}
