using Microsoft.Extensions.AI;

namespace Freehold.Ai;

/// <summary>Looks whether a model answered what it was asked.</summary>
internal static class EmbeddingAnswer
{
    /// <summary>Its vectors, scaled to length 1.</summary>
    /// <exception cref="ModelException">Their number or length is wrong, or one has no direction.</exception>
    public static IEnumerable<ReadOnlyMemory<float>> Check(GeneratedEmbeddings<Embedding<float>> answer, int texts, EmbeddingModel model)
    {
        if (answer.Count != texts)
        {
            throw Wrong(model, $"{answer.Count} vectors for {texts} texts");
        }

        return answer.Select(embedding =>
        {
            if (embedding.Vector.Length != model.Dimensions)
            {
                throw Wrong(model, $"a vector of {embedding.Vector.Length} dimensions instead of {model.Dimensions}");
            }

            // A copy, since the vector may be part of something that is not ours to change.
            float[] vector = embedding.Vector.ToArray();
            double length = UnitVector.Scale(vector);
            return length is > 0 and < float.MaxValue
                ? new ReadOnlyMemory<float>(vector)
                : throw Wrong(model, "a vector without a direction: zero, infinite or not a number");
        });
    }

    private static ModelException Wrong(EmbeddingModel model, string what) => new(
        ModelFailure.Permanent, $"The model {model.Id} answered {what}. Check its settings (Dimensions, Deployment) and the endpoint.")
    {
        NeedsOperator = true,
    };
}
