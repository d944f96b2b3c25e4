using Freehold.Usage;

namespace Freehold.Ingestion;

/// <summary>Counts for tenants what taking their documents in has used.</summary>
public sealed class IngestionUse(Meter meter, EmbeddedTokens tokens)
{
    internal void CountPublished(Guid tenantUid, long bytes)
    {
        meter.Count(tenantUid, Metric.DocumentsIngested);
        meter.Count(tenantUid, Metric.BytesIngested, bytes);
    }

    /// <summary>Embeddings that were made and are stored now.</summary>
    internal void CountEmbedded(Guid tenantUid, long chunks, long embeddedTokens)
    {
        meter.Count(tenantUid, Metric.ChunksEmbedded, chunks);
        tokens.Count(tenantUid, embeddedTokens);
    }
}
