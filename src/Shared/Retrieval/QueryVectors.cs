using Freehold.Ai;
using Freehold.Tenants;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Freehold.Retrieval;

/// <summary>
/// Makes vectors of queries. One that a model elsewhere made is remembered for a while, for its tenant alone; a model that takes
/// another's place has an id of its own, so what was remembered of the former is not met again.
/// </summary>
public sealed class QueryVectors : IDisposable
{
    // What an entry weighs beside its text and its vector.
    private const int EntryBytes = 256;

    private readonly EmbeddingModels _models;
    private readonly MemoryCache _vectors;
    private readonly TimeSpan _lifetime;

    /// <summary>Remembers nothing yet.</summary>
    public QueryVectors(EmbeddingModels models, IOptions<RetrievalOptions> options)
    {
        _models = models;
        _vectors = new MemoryCache(new MemoryCacheOptions { SizeLimit = options.Value.QueryCacheBytes });
        _lifetime = options.Value.QueryCacheLifetime;
    }

    /// <summary>Whether a model elsewhere has to be asked, which takes a while.</summary>
    internal bool HasToAsk(TenantPlacement tenant, string query) => _models.Find(tenant.EmbeddingModel) is { HasToBeAsked: true } embedder
        && !_vectors.TryGetValue(new Key(tenant.Uid, embedder.Model.Id, query), out _);

    /// <summary>The query as a vector, by the tenant's model.</summary>
    /// <exception cref="ModelMissingException">The model is not configured here.</exception>
    /// <exception cref="ModelUnavailableException">It does not embed now.</exception>
    internal async ValueTask<QueryVector> FindAsync(TenantPlacement tenant, string query, CancellationToken cancellationToken)
    {
        EmbeddingClient embedder = _models.Find(tenant.EmbeddingModel) ?? throw new ModelMissingException(tenant.EmbeddingModel);
        Key key = new(tenant.Uid, embedder.Model.Id, query);
        if (embedder.HasToBeAsked && _vectors.TryGetValue(key, out float[]? known))
        {
            return Of(embedder.Model, known!);
        }

        float[] values = await EmbedAsync(embedder, tenant.Uid, query, cancellationToken);
        if (embedder.HasToBeAsked)
        {
            _vectors.Set(key, values, new MemoryCacheEntryOptions
            {
                Size = EntryBytes + (2L * query.Length) + (sizeof(float) * values.Length),
                AbsoluteExpirationRelativeToNow = _lifetime,
            });
        }

        return Of(embedder.Model, values);
    }

    /// <inheritdoc/>
    public void Dispose() => _vectors.Dispose();

    private static QueryVector Of(EmbeddingModel model, float[] values) => new(values, model.Id, model.DenseWeight, model.IsOfWords);

    private static async Task<float[]> EmbedAsync(EmbeddingClient embedder, Guid tenantUid, string query, CancellationToken cancellationToken)
    {
        try
        {
            EmbeddedTexts embedded = await embedder.EmbedAsync(tenantUid, [query], EmbeddingUse.Query, cancellationToken);
            return embedded.Vectors[0].ToArray();
        }
        catch (ModelException exception)
        {
            throw new ModelUnavailableException(exception);
        }
    }

    private sealed record Key(Guid TenantUid, string Model, string Query);
}
