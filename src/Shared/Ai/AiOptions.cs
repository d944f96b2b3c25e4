using System.ComponentModel.DataAnnotations;
using Freehold.Ai.Reranking;
using Microsoft.Extensions.Options;

namespace Freehold.Ai;

/// <summary>Settings below <c>Ai</c>.</summary>
public sealed class AiOptions : IValidatableObject
{
    /// <summary>Models beside the embedded one, which is always there. Default none.</summary>
    [Required, ValidateEnumeratedItems]
    public IList<ModelOptions> Models { get; set; } = [];

    /// <summary>Id of the model that embeds. Default the embedded <c>lexical-384</c>.</summary>
    [Required]
    public string DefaultModel { get; set; } = LexicalEmbedder.ModelId;

    /// <summary>The model that writes answers. Default none: answers then are sentences of the documents.</summary>
    [ValidateObjectMembers]
    public ChatModelOptions? Chat { get; set; }

    /// <summary>The model that puts the passages found in order. Default none: they stay in the order of the search.</summary>
    [ValidateObjectMembers]
    public RerankerOptions? Reranker { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (IGrouping<string, ModelOptions> same in Models.GroupBy(model => model.Id).Where(group => group.Count() > 1))
        {
            yield return new ValidationResult($"Two models have the id '{same.Key}'.", [nameof(Models)]);
        }

        if (DefaultModel != LexicalEmbedder.ModelId && Models.All(model => model.Id != DefaultModel))
        {
            yield return new ValidationResult(
                $"Ai:DefaultModel is '{DefaultModel}', which is none of the ids in Ai:Models and not '{LexicalEmbedder.ModelId}'.", [nameof(DefaultModel)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class AiOptionsValidator : IValidateOptions<AiOptions>;
