using Freehold.Ingestion.Chunking;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>Chunks as the arrays that <c>unnest</c> takes.</summary>
internal sealed record ChunkColumns(
    int[] Ordinals, string[] Headings, int?[] Pages, int[] Starts, int[] Ends, int[] Lengths, int[] Tokens, Guid[] Hashes, string[] Contents)
{
    /// <summary>The columns as a row source, whose parameters begin with <c>$3</c>.</summary>
    public const string Rows =
        """
        unnest($3::int[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::uuid[], $11::text[])
            as c (ordinal, heading, page, start_at, end_at, length, tokens, content_hash, content)
        """;

    public static ChunkColumns Of(IReadOnlyList<Chunk> chunks)
    {
        int length = chunks.Count;
        ChunkColumns columns = new(
            new int[length], new string[length], new int?[length], new int[length], new int[length], new int[length], new int[length],
            new Guid[length], new string[length]);
        for (int i = 0; i < length; i++)
        {
            Chunk chunk = chunks[i];
            columns.Ordinals[i] = chunk.Ordinal;
            columns.Headings[i] = chunk.Heading;
            columns.Pages[i] = chunk.Page;
            columns.Starts[i] = chunk.Start;
            columns.Ends[i] = chunk.End;
            columns.Lengths[i] = chunk.Words;
            columns.Tokens[i] = chunk.Tokens;
            columns.Hashes[i] = chunk.ContentHash;
            columns.Contents[i] = chunk.Content;
        }

        return columns;
    }

    /// <summary>Adds them as the parameters of <see cref="Rows"/>.</summary>
    public NpgsqlBatchCommand AddTo(NpgsqlBatchCommand command) => command
        .With(Ordinals).With(Headings).With(Pages).With(Starts).With(Ends).With(Lengths).With(Tokens).With(Hashes).With(Contents);
}
