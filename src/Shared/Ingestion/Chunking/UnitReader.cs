using Freehold.Ai;
using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion.Chunking;

/// <summary>Makes units of blocks, none larger than what a chunk may hold.</summary>
internal sealed class UnitReader(TokenCounter tokens, ChunkSize size, TextWindow text)
{
    // No text has longer tokens on average; counting those of a whole block beyond it would be for nothing.
    private const int CharactersPerToken = 8;

    private const int ShortestHead = 64;

    // A blank line.
    private const int UsualGap = 2;

    private readonly HeadingPath _path = new();
    private BlockKind? _last;

    /// <summary>Units of a block that begins at an offset of the document. What separates it from the one before counts with it.</summary>
    public IEnumerable<Unit> Of(TextBlock block, int offset)
    {
        (int start, int end) = (block.Start + offset, block.End + offset);
        if (block.Kind == BlockKind.Heading)
        {
            _path.Enter(Math.Max(1, block.Level), text[start, end]);
        }

        Edge edge = block.Kind == BlockKind.ListItem && _last == BlockKind.ListItem ? Edge.Item : Edge.Block;
        _last = block.Kind;
        Unit whole = new(start, end, block.Kind, Math.Max(1, block.Level), block.Page, _path.Text, 0, edge);
        int most = whole.IsRigid ? size.Maximum : size.Upper;
        if (end - start <= most * CharactersPerToken && tokens.Count(text[start, end]) is var count && count < most)
        {
            return [whole with { Tokens = count + 1 }];
        }

        return Pieces(whole);
    }

    /// <summary>Sentences or lines of a unit. What is still too long is cut where it does the least harm.</summary>
    public IEnumerable<Unit> Pieces(Unit whole)
    {
        Edge edge = whole.Edge;

        // What is as long as this is no heading, whatever its file calls it.
        BlockKind kind = whole.IsHeading ? BlockKind.Paragraph : whole.Kind;
        int longest = LongestHead;

        // The white space before a piece is counted with it: it joins the first word, or makes other tokens of the marks that follow.
        int space = 0;
        for (int start = whole.Start; start < whole.End;)
        {
            ReadOnlySpan<char> rest = Head(start, whole.End, longest);
            int length = whole.IsRigid ? Sentences.LineLength(rest) : Sentences.Length(rest);
            int count = tokens.Count(text[start - space, start + length]);
            bool isCut = count >= size.Upper;
            if (!isCut && longest < LongestHead && length >= rest.TrimEnd().Length)
            {
                longest = LongestHead;
                continue;
            }

            while (count >= size.Upper && length > 1)
            {
                int most = (int)Math.Clamp(length * (size.Upper - (size.Upper / 8L)) / count, 1, length / 2);
                length = TextCut.Find(rest, 0, Math.Max(1, most / 2), most, whole.IsRigid);
                count = tokens.Count(text[start - space, start + length]);
            }

            // Nothing but white space is no piece.
            if (!rest[..length].IsWhiteSpace())
            {
                int own = count + (edge == Edge.Piece ? 0 : 1);
                yield return whole with { Start = start, End = start + length, Kind = kind, Tokens = own, Edge = edge, Gap = 0 };
                edge = Edge.Piece;
            }

            // Where a piece had to be cut, the next one will be as short, and what lies far beyond need not be counted.
            longest = isCut ? Math.Min(LongestHead, Math.Max(ShortestHead, 3 * length)) : LongestHead;
            start += length;
            space = whole.End - start - text[start, whole.End].TrimStart().Length;
            start += space;
            space = space > UsualGap ? 0 : space;
        }
    }

    /// <summary>A unit with the white space between it and the one before, where that is more than counts with every unit.</summary>
    public Unit After(Unit before, Unit unit)
    {
        int gap = unit.Start - before.End > UsualGap ? tokens.Count(text[before.End, unit.Start]) : 0;
        return unit with { Tokens = unit.Tokens - unit.Gap + gap, Gap = gap };
    }

    /// <summary>Tokens of the text from one place to another, counted as a whole.</summary>
    public int Count(int start, int end) => tokens.Count(text[start, end]);

    private int LongestHead => size.Upper * CharactersPerToken;

    private ReadOnlySpan<char> Head(int start, int end, int longest) =>
        text[start, end][..TextCut.Whole(text[start, Math.Min(end, start + (2 * longest))], 0, longest)];
}
