using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion.Chunking;

/// <summary>A range of the document that becomes a chunk.</summary>
internal sealed record ChunkRange(int Start, int End, string Heading, int? Page, int Tokens, bool StartsWithHeading);

/// <summary>Units that wait to become a chunk, and the choice of where it ends.</summary>
/// <remarks>
/// Of places that are equally good by the text's structure, the text that follows them decides, by its hash. So two versions of a
/// document that differ in one place are cut alike again soon after it, and keep the embeddings of all other chunks.
/// </remarks>
internal sealed class OpenChunk(ChunkSize size, TextWindow text, UnitReader reader)
{
    private const int NoPlace = -1;

    // More tokens than these hardly ever come together where two units meet.
    private const int AtASeam = 3;

    private readonly List<Unit> _units = [];

    /// <summary>Tokens of all units.</summary>
    public int Tokens { get; private set; }

    public bool IsEmpty => _units.Count == 0;

    /// <summary>Where it begins in the document.</summary>
    public int Start => _units[0].Start;

    public void Add(Unit unit)
    {
        _units.Add(IsEmpty ? unit : reader.After(_units[^1], unit));
        Tokens += _units[^1].Tokens;
    }

    /// <summary>Closes a chunk: called when there are more tokens than one should have.</summary>
    public ChunkRange Cut() => Take(FindPlace());

    /// <summary>Closes a chunk at the end of the document, where it need not be cut if it is not too long.</summary>
    public ChunkRange CutLast()
    {
        int place = Tokens <= size.Target ? NoPlace : Best(size.Lower, Tokens - (size.Lower / 2), worst: 6);
        return Take(place == NoPlace ? _units.Count : place);
    }

    private int FindPlace()
    {
        if (Best(size.Lower, size.Upper, worst: Rank(Edge.Item)) is var block and not NoPlace)
        {
            return block;
        }

        // A short chunk is better than a paragraph that is cut, if the paragraph fits into the next one.
        if (_units[^1].Tokens <= size.Upper && Latest(size.Lower / 3, size.Lower) is var early and not NoPlace)
        {
            return early;
        }

        // A table or code that fits into a chunk stays whole, be it the only thing there.
        if (_units[^1] is { IsRigid: true, Edge: not Edge.Piece } && Latest(1, size.Upper) is var before
            && (before != NoPlace || Tokens <= size.Maximum))
        {
            return before == NoPlace ? _units.Count : before;
        }

        Split();
        if (Best(size.Lower, size.Upper, worst: Rank(Edge.Piece)) is var piece and not NoPlace)
        {
            return piece;
        }

        if (Latest(1, size.Maximum) is var any and not NoPlace)
        {
            return any;
        }

        return Fitting();
    }

    // Where a heading and the first sentence below it are too long together, the heading stands alone.
    private int Fitting()
    {
        if (_units is [{ Edge: Edge.Repeated } repeated, var first, ..] && repeated.Tokens + first.Tokens > size.Maximum)
        {
            RemoveRepeated();
        }

        int count = 1;
        for (int sum = _units[0].Tokens; count < _units.Count && (sum += _units[count].Tokens) <= size.Maximum; count++)
        {
        }

        return count;
    }

    // Replaces the block that reaches over the upper bound by its sentences or lines, and gives up what is repeated before it.
    private void Split()
    {
        for (int i = 0, sum = 0; i < _units.Count; i++)
        {
            sum += _units[i].Tokens;
            if (sum > size.Upper && _units[i] is { Edge: not (Edge.Piece or Edge.Repeated), IsHeading: false } whole)
            {
                List<Unit> pieces = [.. reader.Pieces(whole)];
                _units.RemoveAt(i);
                _units.InsertRange(i, pieces);
                CountGaps(i);
                break;
            }
        }

        if (_units is [{ Edge: Edge.Repeated }, _])
        {
            RemoveRepeated();
        }

        Tokens = _units.Sum(unit => unit.Tokens);
    }

    // Where to cut, as a number of units: the best kind of place with so many tokens before it, and of those the one whose hash is
    // the lowest, near the target if there are two or more.
    private int Best(int lower, int upper, int worst)
    {
        (int best, List<(int Place, int Tokens)> places) = (worst, []);
        foreach ((int place, int tokens, int rank) in Places())
        {
            if (tokens >= lower && tokens <= upper && rank <= best)
            {
                if (rank < best)
                {
                    places.Clear();
                    best = rank;
                }

                places.Add((place, tokens));
            }
        }

        List<(int Place, int Tokens)> near = places.FindAll(place => place.Tokens * 3 >= size.Target * 2 && place.Tokens * 3 <= size.Target * 4);
        List<(int Place, int Tokens)> candidates = near.Count > 1 ? near : places;
        return candidates.Count == 0 ? NoPlace : candidates.MinBy(place => (Hash(place.Place), Math.Abs(place.Tokens - size.Target))).Place;
    }

    private int Latest(int lower, int upper)
    {
        int latest = NoPlace;
        foreach ((int place, int tokens, _) in Places())
        {
            latest = tokens >= lower && tokens <= upper ? place : latest;
        }

        return latest;
    }

    // A heading belongs to what follows, and so does a repeated sentence.
    private IEnumerable<(int Place, int Tokens, int Rank)> Places()
    {
        int tokens = 0;
        for (int i = 0; i < _units.Count - 1; i++)
        {
            tokens += _units[i].Tokens;
            if (!_units[i].IsHeading && _units[i].Edge != Edge.Repeated)
            {
                yield return (i + 1, tokens, _units[i + 1].IsHeading ? _units[i + 1].Level : Rank(_units[i + 1].Edge));
            }
        }
    }

    private static int Rank(Edge edge) => 10 + (int)edge;

    private ulong Hash(int place) => System.IO.Hashing.XxHash3.HashToUInt64(
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(text[_units[place].Start, _units[place].End]));

    private ChunkRange Take(int count)
    {
        count = WithinMaximum(count);
        Unit first = _units[0];
        Unit last = _units[count - 1];
        int body = _units.FindIndex(0, count, unit => !unit.IsHeading);
        ChunkRange range = new(
            first.Start,
            last.End,
            _units[body < 0 ? count - 1 : body].Path,
            first.Page,
            // What lies before the first is not in it.
            Math.Max(1, _units.Take(count).Sum(unit => unit.Tokens) - first.Gap - 1),
            first.IsHeading);
        Unit? repeated = count < _units.Count ? Repeat(last, _units[count]) : null;
        _units.RemoveRange(0, count);
        if (repeated is { } unit)
        {
            _units.Insert(0, unit);
        }

        CountGaps(0, 2);
        Tokens = _units.Sum(unit => unit.Tokens);
        return range;
    }

    // Units are counted one by one, and where two meet there may be more tokens than they have apart.
    private int WithinMaximum(int count)
    {
        while (count > 1 && _units.Take(count).Sum(unit => unit.Tokens) + (AtASeam * count) > size.Maximum
            && reader.Count(_units[0].Start, _units[count - 1].End) > size.Maximum)
        {
            if (_units[0].Edge == Edge.Repeated)
            {
                RemoveRepeated();
            }

            count--;
        }

        return count;
    }

    private void RemoveRepeated()
    {
        _units.RemoveAt(0);
        CountGaps(0, 1);
        Tokens = _units.Sum(unit => unit.Tokens);
    }

    private void CountGaps(int from, int count = int.MaxValue)
    {
        for (int i = from; i < _units.Count && i - from < count; i++)
        {
            _units[i] = i == 0 ? _units[i] with { Tokens = _units[i].Tokens - _units[i].Gap, Gap = 0 } : reader.After(_units[i - 1], _units[i]);
        }
    }

    // The last sentences before a cut, if they are short enough, so that what refers to them is understood. Nothing is repeated across
    // a heading, nor of tables and code.
    private Unit? Repeat(Unit last, Unit next)
    {
        if (size.Overlap == 0 || last.Kind != BlockKind.Paragraph || next.IsHeading || next.IsRigid)
        {
            return null;
        }

        (int start, int tokens) = (last.End, 0);
        List<Unit> sentences = last.Edge == Edge.Piece ? [last] : [.. reader.Pieces(last)];
        for (int i = sentences.Count - 1; i >= 0 && tokens + sentences[i].Tokens <= size.Overlap; i--)
        {
            tokens += sentences[i].Tokens;
            start = sentences[i].Start;
        }

        return start == last.End ? null : last with { Start = start, Tokens = tokens, Edge = Edge.Repeated, Gap = 0 };
    }
}
