using Freehold.Ingestion.Chunking;

namespace Freehold.Ingestion;

/// <summary>The embeddings of a document's present version, by the hash of what they were made of.</summary>
/// <param name="Version">The present version; null when there is none.</param>
/// <param name="Ids">Chunks by hash.</param>
internal sealed record KnownVectors(long? Version, IReadOnlyDictionary<Guid, long> Ids)
{
    public static KnownVectors None { get; } = new(null, new Dictionary<Guid, long>());

    /// <summary>Chunks whose embedding has to be made.</summary>
    public IReadOnlyList<Chunk> Missing(IReadOnlyList<Chunk> chunks) =>
        Ids.Count == 0 ? chunks : [.. chunks.Where(chunk => !Ids.ContainsKey(chunk.ContentHash))];

    /// <summary>Chunks whose embedding is there: their ordinals, and where.</summary>
    public (int[] Ordinals, long[] Ids) Kept(IReadOnlyList<Chunk> chunks)
    {
        if (Ids.Count == 0)
        {
            return ([], []);
        }

        Chunk[] kept = [.. chunks.Where(chunk => Ids.ContainsKey(chunk.ContentHash))];
        return (Array.ConvertAll(kept, chunk => chunk.Ordinal), Array.ConvertAll(kept, chunk => Ids[chunk.ContentHash]));
    }
}

/// <summary>A slice with the embeddings that had to be made: one a chunk of <see cref="KnownVectors.Missing"/>, in order.</summary>
internal sealed record EmbeddedSlice(DocumentSlice Slice, IReadOnlyList<Chunk> Missing, IReadOnlyList<ReadOnlyMemory<float>> Vectors);
