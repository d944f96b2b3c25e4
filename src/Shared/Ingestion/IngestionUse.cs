using Freehold.Usage;
using Microsoft.Extensions.AI;

namespace Freehold.Ingestion;

/// <summary>Counts for tenants what taking their documents in has used.</summary>
public sealed class IngestionUse(Meter meter, EmbeddedTokens tokens)
{
    internal void CountPublished(Guid tenantUid, long bytes)
    {
        meter.Count(tenantUid, Metric.DocumentsIngested);
        meter.Count(tenantUid, Metric.BytesIngested, bytes);
    }

    /// <summary>Embeddings that are stored now. A model that does not say what it took in is taken to count words.</summary>
    internal void CountEmbedded(Guid tenantUid, GeneratedEmbeddings<Embedding<float>> embeddings, Func<long> estimate)
    {
        meter.Count(tenantUid, Metric.ChunksEmbedded, embeddings.Count);
        tokens.Count(tenantUid, embeddings.Usage?.InputTokenCount ?? estimate());
    }
}
