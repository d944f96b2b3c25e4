using Freehold.Sql;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>A slice of chunks as the arrays that <c>unnest</c> takes.</summary>
internal sealed record ChunkColumns(
    int[] Ordinals, string[] Headings, int?[] Pages, int[] Starts, int[] Ends, int[] Lengths, string[] Contents)
{
    public static ChunkColumns Of(IReadOnlyList<Chunk> chunks, int start, int length)
    {
        ChunkColumns columns = new(
            new int[length], new string[length], new int?[length], new int[length], new int[length], new int[length], new string[length]);
        for (int i = 0; i < length; i++)
        {
            Chunk chunk = chunks[start + i];
            columns.Ordinals[i] = chunk.Ordinal;
            columns.Headings[i] = chunk.Heading;
            columns.Pages[i] = chunk.Page;
            columns.Starts[i] = chunk.Start;
            columns.Ends[i] = chunk.End;
            columns.Lengths[i] = chunk.Words;
            columns.Contents[i] = chunk.Content;
        }

        return columns;
    }

    /// <summary>Adds ordinal, heading, page, start, end, length and content, in this order.</summary>
    public void AddTo(NpgsqlBatchCommand command) =>
        command.With(Ordinals).With(Headings).With(Pages).With(Starts).With(Ends).With(Lengths).With(Contents);
}
