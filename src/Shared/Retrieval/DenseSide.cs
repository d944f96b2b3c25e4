namespace Freehold.Retrieval;

/// <summary>The passages whose vectors are nearest to the query's. Vectors have length 1, so the inner product is the cosine.</summary>
internal static class DenseSide
{
    /// <summary>
    /// Adds <c>dense (id, score)</c>, of <c>filtered</c> alone where there is a filter. Empty where the database holds vectors of another
    /// model: the condition on <c>settings</c> is asked once, before the first row.
    /// </summary>
    public static void AddTo(SearchStatement statement, QueryVector vector, int candidates, bool isFiltered)
    {
        // The query's vector is cast in a subquery of its own: in place, a plan for any parameters casts it again for every row.
        string query = $"(select {statement.Parameter(vector.Values)}::halfvec)";

        // A query without words is the zero vector, which is near to nothing.
        statement.Add(
            "near",
            $"""
            select id, -(embedding <#> {query})::float8 as score from embeddings
            where (select embedding_model = {statement.Parameter(vector.Model)} from settings){(isFiltered ? $" and {SearchFilter.Holds("id")}" : string.Empty)}
            order by embedding <#> {query} limit {statement.Parameter(candidates)}
            """);
        statement.Add("dense", "select id, score from near where score > 0");
    }
}

/// <summary>A query as a vector of length 1, or 0 where the model makes nothing of it.</summary>
/// <param name="Values">The vector.</param>
/// <param name="Model">Id of the model that made it.</param>
/// <param name="Weight">Weight of the model's ranking in a fusion.</param>
internal sealed record QueryVector(float[] Values, string Model, double Weight);
