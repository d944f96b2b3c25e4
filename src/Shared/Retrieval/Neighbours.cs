using Freehold.Sql;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>
/// Joins passages with their neighbours. What overlaps becomes one passage, in the place of the best of them; its text is cut from the
/// document's, so it is exactly what stands between its start and its end.
/// </summary>
internal sealed class Neighbours
{
    // A document's chunks are one range of ids. Starts and ends count UTF-16 code units, of which a text has at least as many as of
    // the characters that PostgreSQL counts: so many characters of a piece hold all that is wanted of it.
    private const string Sql =
        """
        with windows as (
            select w.id >> 20 as version, int4range(min(c.start_at), max(c.end_at)) as range
            from unnest($1) as w (id) join chunks c
                on c.id between greatest(w.id - $2, w.id >> 20 << 20) and least(w.id + $2, (w.id >> 20 << 20) + 1048575)
            group by w.id),
        joined as (
            select version, lower(range) as start_at, upper(range) as end_at
            from (select version, unnest(range_agg(range)) as range from windows group by version) ranges)
        select j.version, j.start_at, j.end_at, t.start_at, left(t.content, j.end_at - t.start_at)
        from joined j join texts t on t.version = j.version and t.start_at < j.end_at
            and t.start_at >= (select max(b.start_at) from texts b where b.version = j.version and b.start_at <= j.start_at)
        order by j.version, j.start_at, t.start_at
        """;

    private readonly List<Span> _spans = [];

    private Neighbours()
    {
    }

    /// <summary>Asks for what is around the passages. A passage whose document was replaced meanwhile stays as it is.</summary>
    public static async Task<IReadOnlyList<Passage>> JoinAsync(
        NpgsqlConnection connection, IReadOnlyList<FoundPassage> passages, int neighbours, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Sql, connection);
        command.With(passages.Select(passage => passage.Id).ToArray()).With((long)neighbours);
        Neighbours around = new();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            around.Add(reader.GetInt64(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetString(4));
        }

        return around.Join(passages);
    }

    private void Add(long version, int start, int end, int pieceStart, string piece)
    {
        if (_spans is not [.., { } last] || (last.Version, last.Start) != (version, start))
        {
            _spans.Add(last = new Span(version, start, end));
        }

        int from = Math.Max(start - pieceStart, 0);
        last.Text += piece[from..Math.Min(end - pieceStart, piece.Length)];
    }

    private List<Passage> Join(IReadOnlyList<FoundPassage> passages)
    {
        HashSet<Span> answered = [];
        List<Passage> joined = [];
        foreach (FoundPassage found in passages)
        {
            Span? span = _spans.Find(span => span.Holds(found));
            if (span is null)
            {
                joined.Add(found.Passage);
            }
            else if (answered.Add(span))
            {
                joined.Add(found.Passage with { Start = span.Start, End = span.End, Text = span.Text });
            }
        }

        return joined;
    }

    private sealed class Span(long version, int start, int end)
    {
        public long Version { get; } = version;

        public int Start { get; } = start;

        public int End { get; } = end;

        public string Text { get; set; } = string.Empty;

        public bool Holds(FoundPassage found) =>
            found.Id >> 20 == Version && found.Passage.Start >= Start && found.Passage.End <= End;
    }
}
