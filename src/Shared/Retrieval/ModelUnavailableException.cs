using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>The embedding model does not embed the query now.</summary>
public sealed class ModelUnavailableException(Exception innerException) : RefusalException(
    RefusalKind.Unavailable,
    "model-unavailable",
    "The embedding model does not answer now. Try again in a while, or search with mode 'lexical', which needs no model.",
    innerException);
