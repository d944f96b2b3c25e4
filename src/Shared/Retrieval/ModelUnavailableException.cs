using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>A model that a search needs does not answer now.</summary>
public sealed class ModelUnavailableException : RefusalException
{
    private const string Slug = "model-unavailable";

    /// <summary>The model that embeds the query.</summary>
    public ModelUnavailableException(Exception innerException)
        : base(
            RefusalKind.Unavailable,
            Slug,
            "The embedding model does not answer now. Try again in a while, or search with mode 'lexical', which needs no model.",
            innerException)
    {
    }

    /// <summary>The reranking model, where no other order will do.</summary>
    public ModelUnavailableException()
        : base(RefusalKind.Unavailable, Slug, "The reranking model does not answer now. Try again in a while, or with 'rerank' false.")
    {
    }
}
