namespace Freehold.Usage;

/// <summary>What is counted of a tenant's use, day by day (UTC).</summary>
public enum Metric
{
    /// <summary>Searches that were answered.</summary>
    Queries,

    /// <summary>Searches that a limit of the plan refused.</summary>
    RefusedQueries,

    /// <summary>Versions of documents that were published.</summary>
    DocumentsIngested,

    /// <summary>Their bytes.</summary>
    BytesIngested,

    /// <summary>Passages that were embedded.</summary>
    ChunksEmbedded,

    /// <summary>Tokens that the embedding model took in for them.</summary>
    TokensEmbedded,
}

/// <summary>Names of metrics, as they stand in the catalog.</summary>
internal static class Metrics
{
    private static readonly string[] Names =
        ["queries", "refused-queries", "documents-ingested", "bytes-ingested", "chunks-embedded", "tokens-embedded"];

    public static string ToName(this Metric metric) => Names[(int)metric];
}
