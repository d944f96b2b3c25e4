namespace Freehold.Retrieval;

/// <summary>The passages whose vectors are nearest to the query's. Vectors have length 1, so the inner product is the cosine.</summary>
internal static class DenseSide
{
    /// <summary>
    /// Adds <c>dense (id, score)</c>, of <c>filtered</c> alone where there is a filter. Empty where the database holds vectors of another
    /// model: the condition on <c>settings</c> is asked once, before the first row.
    /// </summary>
    /// <param name="statement">The statement.</param>
    /// <param name="vector">The query.</param>
    /// <param name="candidates">Most passages.</param>
    /// <param name="exactUpTo">Where a filter leaves no more than this, all that it leaves are looked at, and no index; null without a filter.</param>
    public static void AddTo(SearchStatement statement, QueryVector vector, int candidates, int? exactUpTo)
    {
        // The query's vector is cast in a subquery of its own: in place, a plan for any parameters casts it again for every row.
        string query = $"(select {statement.Parameter(vector.Values)}::halfvec)";
        string limit = statement.Parameter(candidates);
        string ready = $"(select {Condition(statement.Parameter(vector.Model), limit)} from settings)";

        if (exactUpTo is null)
        {
            statement.Add("near", Nearest(query, "embeddings e", ready, limit));
        }
        else
        {
            AddFiltered(statement, query, ready, limit, exactUpTo.Value);
        }

        // A query without words is the zero vector, which is near to nothing.
        statement.Add("dense", $"select id, -distance as score from near where distance {(vector.IsOfWords ? "<" : "<>")} 0");
    }

    /// <summary>
    /// Whether the database holds vectors of the model; and, on the way, how an index of them is to be scanned, for this statement alone.
    /// In an uncorrelated subquery it is evaluated before the scan begins, and costs no round trip. The order is made good afterwards, so a
    /// scan that goes on (a filter left too few) may give what it finds as it finds it.
    /// </summary>
    public static string Condition(string model, string candidates) =>
        $"""
        embedding_model = {model}
            and set_config('hnsw.ef_search', least(greatest(ef_search, {candidates}), 1000)::text, true) is not null
            and set_config('hnsw.iterative_scan', 'relaxed_order', true) is not null
        """;

    // An index knows nothing of the filter: it gives what is near, and what the filter does not hold is thrown away. Where that is nearly
    // everything, it is quicker to look at all that the filter leaves, and nothing is missed. One of the two parts runs.
    private static void AddFiltered(SearchStatement statement, string query, string ready, string limit, int exactUpTo)
    {
        statement.Add(
            "small",
            $"""
            select coalesce(sum(d.chunks), 0) <= {statement.Parameter(exactUpTo)} as holds
            from filtered f join documents d on d.version = f.version
            """,
            isKept: true);
        string few = Nearest(
            query,
            // The offset keeps the planner from reading the whole table for a few ranges of it.
            "filtered f cross join lateral (select * from embeddings where id >= f.version << 20 and id < (f.version + 1) << 20 offset 0) e",
            $"(select holds from small) and {ready}",
            limit);
        string many = Nearest(query, "embeddings e", $"not (select holds from small) and {ready} and {SearchFilter.Holds("e.id")}", limit);
        statement.Add("near", $"({few})\nunion all\n({many})");
    }

    // The distance as it is sorted by: anything else made of it would be computed once more for each row that is looked at.
    private static string Nearest(string query, string from, string condition, string limit) =>
        $"""
        select e.id, e.embedding <#> {query} as distance from {from}
        where {condition}
        order by distance limit {limit}
        """;
}

/// <summary>A query as a vector of length 1, or 0 where the model makes nothing of it.</summary>
/// <param name="Values">The vector.</param>
/// <param name="Model">Id of the model that made it.</param>
/// <param name="Weight">Weight of the model's ranking in a fusion.</param>
/// <param name="IsOfWords">Whether the model compares words: what is not at an acute angle is none of it then, and its order alone counts in a fusion.</param>
internal sealed record QueryVector(float[] Values, string Model, double Weight, bool IsOfWords = false);
