namespace Freehold.Ai;

/// <summary>A tenant's vectors are of a model that the configuration does not name. An operator has to put it back.</summary>
public sealed class ModelNotConfiguredException(string model) : Exception($"The embedding model '{model}' is not configured.")
{
    /// <summary>The model's id.</summary>
    public string Model { get; } = model;
}
