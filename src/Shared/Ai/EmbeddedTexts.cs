namespace Freehold.Ai;

/// <summary>What texts became.</summary>
/// <param name="Vectors">A vector of length 1 for each text, in their order (0 for a text in which the embedded model finds no word).</param>
/// <param name="Tokens">Tokens that the model took in, as it says or, where it does not say, as its tokenizer counts.</param>
public sealed record EmbeddedTexts(IReadOnlyList<ReadOnlyMemory<float>> Vectors, long Tokens);

/// <summary>What a text is embedded for.</summary>
public enum EmbeddingUse
{
    /// <summary>To be found.</summary>
    Document,

    /// <summary>To find; somebody waits, so it goes before documents.</summary>
    Query,
}
