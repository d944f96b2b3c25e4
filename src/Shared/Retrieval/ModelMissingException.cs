using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>The tenant's vectors are of a model that the configuration does not name.</summary>
public sealed class ModelMissingException(string model) : RefusalException(
    RefusalKind.Unavailable,
    "model-not-configured",
    $"The tenant's embedding model '{model}' is not configured here. Ask the operator to put it back, or search with mode 'lexical', which needs no model.");
