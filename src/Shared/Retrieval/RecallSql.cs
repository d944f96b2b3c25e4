using Freehold.Postgres;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>A search with the index beside the exact one.</summary>
/// <param name="Recall">How many of the ten truly nearest passages were found, from 0 to 1.</param>
/// <param name="InView">How many passages the search kept in view.</param>
internal sealed record ComparedSearch(double Recall, int InView);

/// <summary>What the recall meter asks a tenant's database.</summary>
internal static class RecallSql
{
    // Passages of the same distance are as good as one another. The zero keeps the planner from the index.
    private static readonly string _compare =
        $"""
        with state as materialized (
            select {DenseSide.Condition("$2", "$3")} and exists (
                select from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
                where i.indrelid = 'embeddings'::regclass and i.indisvalid and a.amname = 'hnsw') as is_indexed,
                least(greatest(ef_search, $3), {ApproximationOptions.MostInView}) as in_view
            from settings),
        candidates as materialized (
            select embedding <#> (select $1::halfvec) as distance from embeddings
            where (select is_indexed from state) order by embedding <#> (select $1::halfvec) limit $3),
        near as (select distance from candidates order by distance limit 10),
        truly as materialized (
            select embedding <#> (select $1::halfvec) as distance from embeddings
            where (select is_indexed from state) order by (embedding <#> (select $1::halfvec)) + 0 limit 10)
        select count(*)::float8 / (select count(*) from truly), (select in_view from state)
        from near where distance <= (select max(distance) from truly) having (select count(*) from truly) > 0
        """;

    /// <returns>Null where there is no index, or nothing of that model.</returns>
    public static async Task<ComparedSearch?> CompareAsync(
        NpgsqlConnection connection, QueryVector vector, int candidates, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new NpgsqlCommand(_compare, connection).With(vector.Values).With(vector.Model).With(candidates);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new ComparedSearch(Math.Min(1, reader.GetDouble(0)), reader.GetInt32(1)) : null;
    }

    /// <summary>Has searches keep twice as much in view, unless somebody else has seen to it.</summary>
    /// <returns>How much they keep in view now.</returns>
    public static async Task<int> RaiseAsync(NpgsqlConnection connection, int inView, CancellationToken cancellationToken)
    {
        int twice = Math.Min(inView * 2, ApproximationOptions.MostInView);
        await using NpgsqlCommand command = new NpgsqlCommand(
            "update settings set ef_search = greatest(ef_search, $1) returning ef_search", connection).With(twice);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
