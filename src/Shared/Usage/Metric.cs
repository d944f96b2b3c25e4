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

    /// <summary>Questions that were answered or declined.</summary>
    Answers,

    /// <summary>Tokens that the chat model took in for them.</summary>
    ChatTokensIn,

    /// <summary>Tokens that it wrote.</summary>
    ChatTokensOut,

    /// <summary>Passages that the reranking model was given.</summary>
    PassagesReranked,

    /// <summary>Times that a search woke the compute of the tenant's database.</summary>
    WakesForSearch,

    /// <summary>The same, of the reading of a document's text.</summary>
    WakesForReading,

    /// <summary>The same, of documents taken in or removed.</summary>
    WakesForDocuments,

    /// <summary>The same, of evaluations.</summary>
    WakesForEvaluation,

    /// <summary>The same, of a change of the embedding model.</summary>
    WakesForModelChange,

    /// <summary>The same, of work of the owner's: migrations, indexes, credentials, moves.</summary>
    WakesForUpkeep,

    /// <summary>Seconds for which a host had the compute of the tenant's database awake.</summary>
    AwakeSeconds,

    /// <summary>Seconds of a compute of one unit's size, by the provider's own count, which comes up to an hour late.</summary>
    ComputeUnitSeconds,

    /// <summary>Bytes stored, times the part of a month, by the provider's count.</summary>
    StoredByteMonths,

    /// <summary>Bytes of history, times the part of a month, by the provider's count.</summary>
    HistoryByteMonths,

    /// <summary>Bytes that left the provider, by its count.</summary>
    TransferredBytes,
}

/// <summary>Names of metrics, as they stand in the catalog.</summary>
internal static class Metrics
{
    private static readonly string[] Names =
    [
        "queries", "refused-queries", "documents-ingested", "bytes-ingested", "chunks-embedded", "tokens-embedded", "answers", "chat-tokens-in",
        "chat-tokens-out", "passages-reranked", "wakes-search", "wakes-reading", "wakes-documents", "wakes-evaluation", "wakes-model-change",
        "wakes-upkeep", "awake-seconds", "compute-unit-seconds", "stored-byte-months", "history-byte-months", "transferred-bytes",
    ];

    public static string ToName(this Metric metric) => Names[(int)metric];
}
