using Microsoft.ML.Tokenizers;

namespace Freehold.Ai;

/// <summary>A model that embeds documents and queries.</summary>
/// <param name="Id">Its name, which a tenant database keeps, since vectors of two models do not compare.</param>
/// <param name="Dimensions">Length of its vectors.</param>
/// <param name="DenseWeight">Weight of its ranking beside the lexical one, whose weight is 1.</param>
/// <param name="ChunksInOneGo">
/// How many chunks of a document are embedded while the document is read; a longer document waits in stages. Without bound for a model
/// in this process.
/// </param>
public sealed record EmbeddingModel(string Id, int Dimensions, double DenseWeight, int ChunksInOneGo = int.MaxValue)
{
    /// <summary>What it counts tokens with: its own tokenizer where that is known, else one that counts about as it does.</summary>
    public Tokenizer Tokenizer
    {
        get => field ?? Tokenizers.Cl100K;
        init;
    }

    /// <summary>
    /// Whether its vectors are made of a text's own words and their parts: two that are at a right angle or an obtuse one have none in
    /// common, and a hybrid search goes by their order. A learned model's vectors say less so, and more: there the nearest are the nearest,
    /// and a hybrid search goes by how near they are.
    /// </summary>
    public bool IsOfWords { get; init; }

    /// <summary>Tokens of one text that it takes in; of a longer text it embeds the beginning. Null without a limit.</summary>
    public int? MaxInputTokens { get; init; }

    /// <summary>Tokens a minute that a host may have it embed; null without a limit.</summary>
    public int? TokensPerMinute { get; init; }

    /// <summary>Price of a million tokens, in the currency of the installation; null where none is configured.</summary>
    public decimal? PricePerMillionTokens { get; init; }
}
